using MLNetAttn.Estimators;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Columns and settings of <see cref="GroupAdvantageEstimator"/>.</summary>
public sealed record GroupAdvantageOptions
{
    /// <summary>The rewards; Single each, NaN = no value. Default "Reward" alone; at least one, each once.</summary>
    public IReadOnlyList<string> RewardColumnNames { get; init; } = ["Reward"];

    /// <summary>Which rows answer the same prompt; text, Int32, Int64 or a key. Default "Group"; not empty.</summary>
    public string GroupColumnName { get; init; } = "Group";

    /// <summary>Where the advantage goes. Default "Advantage"; not empty.</summary>
    public string OutputColumnName { get; init; } = "Advantage";

    /// <summary>How rewards are scaled and combined. Default: as the trainer does, (R − mean of the group) / (its standard deviation + 1e-4).</summary>
    public AdvantageOptions Advantage { get; init; } = new();

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.RequireNames(RewardColumnNames, nameof(RewardColumnNames));
        problems.RequireName(GroupColumnName, nameof(GroupColumnName));
        problems.RequireName(OutputColumnName, nameof(OutputColumnName));
        Advantage.Check(problems, $"{nameof(Advantage)}.", RewardColumnNames.Count);
        problems.ThrowIfAny(nameof(GroupAdvantageOptions));
    }
}
