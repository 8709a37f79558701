using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>A reward and its weight; one kind of reward is given.</summary>
internal sealed record RewardTerm
{
    public double Weight { get; init; } = 1;

    public CountdownRewardOptions? Countdown { get; init; }

    public MathRewardOptions? Math { get; init; }

    public RegexRewardOptions? Regex { get; init; }

    public LengthPenaltyOptions? LengthPenalty { get; init; }

    /// <summary>What a reward may be, by the names that configurations have for it, with the options of what is given.</summary>
    internal IReadOnlyList<(string Name, object? Options)> Kinds =>
        [("countdown", Countdown), ("math", Math), ("regex", Regex), ("length_penalty", LengthPenalty)];
}
