using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

/// <summary>One Countdown problem: reach <see cref="Target"/> with each of <see cref="Numbers"/> used exactly once. A row for
/// <c>LoadFromEnumerable</c>.</summary>
public sealed class CountdownProblem
{
    /// <summary>The given numbers, in the order of the prompt. A variable-size Int32 vector column.</summary>
    [VectorType]
    public int[] Numbers { get; init; } = [];

    /// <summary>The number to reach.</summary>
    public int Target { get; init; }

    /// <summary>The problem as text, in the <see cref="CountdownOptions.Format"/> asked for.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>One solution, e.g. <c>( 7 + 5 ) - 1</c>; usually not the only one.</summary>
    public string Solution { get; init; } = "";
}
