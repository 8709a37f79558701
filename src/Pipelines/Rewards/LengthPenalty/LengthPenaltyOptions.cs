using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Columns and settings of <see cref="LengthPenaltyEstimator"/>.</summary>
public sealed record LengthPenaltyOptions
{
    /// <summary>The response's token ids; vector of Int32. Default "ResponseTokenIds"; not empty.</summary>
    public string ResponseColumnName { get; init; } = "ResponseTokenIds";

    /// <summary>Where the penalty goes. Default "Reward"; not empty.</summary>
    public string OutputColumnName { get; init; } = "Reward";

    /// <summary>L_max: from this length on the penalty is −1 (max_completion_len). Default 512; at least 1.</summary>
    public int MaximumLength { get; init; } = 512;

    /// <summary>L_c: over the last so many tokens before L_max the penalty falls from 0 to −1 (soft_punish_cache). Default 128; 0 to
    /// <see cref="MaximumLength"/>, 0 = only what is longer is punished.</summary>
    public int SoftLength { get; init; } = 128;

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.RequireName(ResponseColumnName, nameof(ResponseColumnName));
        problems.RequireName(OutputColumnName, nameof(OutputColumnName));
        problems.Require(MaximumLength >= 1, nameof(MaximumLength), MaximumLength, "at least 1");
        problems.Require(SoftLength >= 0 && SoftLength <= MaximumLength, nameof(SoftLength), SoftLength, $"0 to MaximumLength, {MaximumLength}");
        problems.ThrowIfAny(nameof(LengthPenaltyOptions));
    }
}
