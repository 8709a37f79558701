using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Columns and settings of <see cref="CountdownRewardEstimator"/>.</summary>
public sealed record CountdownRewardOptions
{
    /// <summary>What the model wrote; text. Default "Response"; not empty.</summary>
    public string ResponseColumnName { get; init; } = "Response";

    /// <summary>The given numbers; vector of Int32 or Single, of any size. Default "Numbers"; not empty.</summary>
    public string NumbersColumnName { get; init; } = "Numbers";

    /// <summary>The number to reach; Int32, Single or Double. Default "Target"; not empty.</summary>
    public string TargetColumnName { get; init; } = "Target";

    /// <summary>Where the reward goes. Default "Reward"; not empty.</summary>
    public string OutputColumnName { get; init; } = "Reward";

    /// <summary>How the responses answer. Default <see cref="CountdownFormat.SearchTrace"/>.</summary>
    public CountdownFormat Format { get; init; } = CountdownFormat.SearchTrace;

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.RequireName(ResponseColumnName, nameof(ResponseColumnName));
        problems.RequireName(NumbersColumnName, nameof(NumbersColumnName));
        problems.RequireName(TargetColumnName, nameof(TargetColumnName));
        problems.RequireName(OutputColumnName, nameof(OutputColumnName));
        problems.RequireDefined(Format, nameof(Format));
        problems.ThrowIfAny(nameof(CountdownRewardOptions));
    }
}
