using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>A reward and its weight; one kind of reward is given.</summary>
internal sealed record RewardTerm
{
    /// <summary>How much it counts. Default 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>1 if an expression reaches the target with the numbers.</summary>
    public CountdownRewardOptions? Countdown { get; init; }

    /// <summary>1 if the final answer is right.</summary>
    public MathRewardOptions? Math { get; init; }

    /// <summary>1 if an expression occurs.</summary>
    public RegexRewardOptions? Regex { get; init; }

    /// <summary>0, and below for responses that are nearly as long as they may be.</summary>
    public LengthPenaltyOptions? LengthPenalty { get; init; }

    /// <summary>What a reward may be, by the names that configurations have for it, with the options of what is given.</summary>
    internal IReadOnlyList<(string Name, object? Options)> Kinds =>
        [("countdown", Countdown), ("math", Math), ("regex", Regex), ("length_penalty", LengthPenalty)];
}
