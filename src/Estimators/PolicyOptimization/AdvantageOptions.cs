using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>How rewards become advantages, with TRL's names, meanings and defaults.</summary>
public sealed record AdvantageOptions
{
    /// <summary>What rewards are divided by (scale_rewards). Default <see cref="RewardScale.Group"/>. Not read with
    /// <see cref="RewardAggregation.NormalizeThenSum"/>.</summary>
    public RewardScale ScaleRewards { get; init; } = RewardScale.Group;

    /// <summary>How several reward functions become one number (multi_objective_aggregation). Default
    /// <see cref="RewardAggregation.SumThenNormalize"/>.</summary>
    public RewardAggregation Aggregation { get; init; } = RewardAggregation.SumThenNormalize;

    /// <summary>A weight for each reward function (reward_weights); null = all 1. Default null; finite, as many as functions.</summary>
    public IReadOnlyList<double>? RewardWeights { get; init; }

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate(int functions)
    {
        var problems = new Violations();
        Check(problems, "", functions);
        problems.ThrowIfAny(nameof(AdvantageOptions));
    }

    /// <summary>Notes what is out of range for as many reward functions, under names that begin with <paramref name="prefix"/>.</summary>
    internal void Check(Violations problems, string prefix, int functions)
    {
        problems.RequireDefined(ScaleRewards, prefix + nameof(ScaleRewards));
        problems.RequireDefined(Aggregation, prefix + nameof(Aggregation));
        problems.Require(
            RewardWeights is null || RewardWeights.Count == functions,
            prefix + nameof(RewardWeights), $"{RewardWeights?.Count} weights",
            $"one for each of the {functions} reward functions");
        problems.Require(RewardWeights is null || RewardWeights.All(double.IsFinite), prefix + nameof(RewardWeights), "not finite", "finite numbers");
    }
}

/// <summary>What a reward, less its group's mean, is divided by.</summary>
public enum RewardScale
{
    /// <summary>The standard deviation of its group, plus 1e-4.</summary>
    Group,

    /// <summary>The standard deviation of the whole batch, plus 1e-4.</summary>
    Batch,

    /// <summary>Nothing (Dr. GRPO).</summary>
    None,
}

/// <summary>How the values of several reward functions become one.</summary>
public enum RewardAggregation
{
    /// <summary>Weighted sum, then normalised.</summary>
    SumThenNormalize,

    /// <summary>Each function normalised inside its group, weighted sum, then normalised over the batch (GDPO, arXiv 2601.05242).</summary>
    NormalizeThenSum,
}
