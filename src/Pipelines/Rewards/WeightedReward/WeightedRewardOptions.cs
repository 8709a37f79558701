using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Columns and settings of <see cref="WeightedRewardEstimator"/>.</summary>
public sealed record WeightedRewardOptions
{
    /// <summary>The rewards; Single each, NaN = no value. Default none, which is refused; each once.</summary>
    public IReadOnlyList<string> RewardColumnNames { get; init; } = [];

    /// <summary>A weight for each reward; null = all 1. Default null; finite, as many as rewards, not all 0.</summary>
    public IReadOnlyList<double>? Weights { get; init; }

    /// <summary>Where the weighted sum goes. Default "Reward"; not empty.</summary>
    public string OutputColumnName { get; init; } = "Reward";

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        Check(problems);
        problems.ThrowIfAny(nameof(WeightedRewardOptions));
    }

    /// <summary>Notes what is out of range.</summary>
    internal void Check(Violations problems)
    {
        problems.RequireNames(RewardColumnNames, nameof(RewardColumnNames));
        problems.RequireName(OutputColumnName, nameof(OutputColumnName));
        problems.Require(
            Weights is null || Weights.Count == RewardColumnNames.Count,
            nameof(Weights), $"{Weights?.Count} weights", $"one for each of the {RewardColumnNames.Count} rewards");
        problems.Require(Weights is null || Weights.All(double.IsFinite), nameof(Weights), "not finite", "finite numbers");
        problems.Require(
            Weights is not { Count: > 0 } || Weights.Any(weight => weight != 0),
            nameof(Weights), "0 for every reward", "at least one that is not 0: the sum would say nothing");
    }
}
