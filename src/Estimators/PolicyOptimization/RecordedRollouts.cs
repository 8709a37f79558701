namespace MLNetAttn.Estimators;

/// <summary>Says that responses and rewards are in the rows that Fit is given, written by whatever sampled them: another process, an inference server, people.
/// The columns' names.</summary>
/// <remarks>
/// A row is one response: its prompt (<see cref="PolicyOptimizationOptions.PromptColumnName"/>), its reward
/// (<see cref="PolicyOptimizationOptions.RewardColumnName"/> or <see cref="PolicyOptimizationOptions.RewardColumnNames"/>, Single; NaN = none), and the columns
/// named here.
/// Every group has <see cref="PolicyOptimizationOptions.Generations"/> rows, in any order among others. A response of
/// <see cref="PolicyOptimizationOptions.MaxNewTokens"/> tokens counts as truncated unless it ends with a stop token or string; a longer one is an error. A pass
/// visits every group once; a step in which one pass ends and the next begins may hold a group of both. Evaluations need a reward that scores new responses,
/// so there are none.
/// </remarks>
public sealed record RecordedRollouts
{
    /// <summary>Responses: token ids, exactly as they were sampled, with the token that ended them; or text, which need not tokenize back to them and ends
    /// without one. Default Response.</summary>
    public string ResponseColumnName { get; init; } = "Response";

    /// <summary>Text, Int32, Int64 or a key: rows with the same value answer the same prompt. Default Group.</summary>
    public string GroupColumnName { get; init; } = "Group";

    /// <summary>Vectors of Single: log π of each response token under the policy that sampled it, at the options' Temperature. Null (default) = the policy as
    /// it is when a step begins counts as the one that sampled.</summary>
    /// <remarks>Of the whole distribution at the trainer's temperature: responses that were sampled with top-k, top-p, min-p or a repetition penalty bias the
    /// ratio.</remarks>
    public string? LogProbabilitiesColumnName { get; init; }
}
