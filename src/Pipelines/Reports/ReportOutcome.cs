using System.Text.Json;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>What became of a response; the report says it above its text. Null = not known.</summary>
public sealed record ReportOutcome
{
    /// <summary>The training step that it was sampled in.</summary>
    public int? Step { get; init; }

    /// <summary>Its reward; NaN = it has none, and nothing is said.</summary>
    public float? Reward { get; init; }

    /// <summary>Â, how the reward compares with those of its group; NaN = it has none.</summary>
    public float? Advantage { get; init; }

    /// <summary>Why it ended. One that was cut, <see cref="FinishReason.Length"/>, is marked.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>Reads <c>step</c>, <c>reward</c>, <c>advantage</c> and <c>finish_reason</c> of a row, as <c>samples.jsonl</c>, <c>generate</c> and <c>score</c>
    /// write them. What has another type is somebody's own, and passed over.</summary>
    /// <param name="row">The row, a JSON object.</param>
    /// <returns>What is known; null = none of it.</returns>
    public static ReportOutcome? Read(JsonElement row) => Of(
        Find(row, "step", JsonValueKind.Number) is { } step && step.TryGetInt32(out int number) ? number : null,
        Find(row, "reward", JsonValueKind.Number)?.GetSingle(),
        Find(row, "advantage", JsonValueKind.Number)?.GetSingle(),
        Find(row, "finish_reason", JsonValueKind.String) is { } reason ? Reason(reason.GetString()!) : null);

    /// <summary>What is known; null = nothing.</summary>
    internal static ReportOutcome? Of(int? step, float? reward, float? advantage, FinishReason? reason) =>
        new ReportOutcome { Step = step, Reward = reward, Advantage = advantage, FinishReason = reason } is var outcome
        && outcome != new ReportOutcome()
            ? outcome
            : null;

    /// <summary>The reason of a name, as rows (<c>stop_token</c>) or columns (<c>StopToken</c>) have it; null = no reason's.</summary>
    internal static FinishReason? Reason(string name) =>
        Enum.GetValues<FinishReason>()
            .Cast<FinishReason?>()
            .FirstOrDefault(reason => name == FinishReasonName.Of(reason!.Value) || name == reason.ToString());

    private static JsonElement? Find(JsonElement row, string name, JsonValueKind kind) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind ? value : null;
}
