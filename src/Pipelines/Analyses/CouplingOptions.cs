using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Columns and settings of <see cref="CouplingStatistics"/>.</summary>
public sealed record CouplingOptions
{
    /// <summary>WAAD per response token, a vector of Single. Default "Waad".</summary>
    public string WaadColumnName { get; init; } = "Waad";

    /// <summary>FAI with an open horizon, a vector of Single, NaN where undefined. Default "Fai".</summary>
    public string FaiColumnName { get; init; } = "Fai";

    /// <summary>FAI of the receiver heads with an open horizon, a vector of Single. Default "ReceiverFai".</summary>
    public string ReceiverFaiColumnName { get; init; } = "ReceiverFai";

    /// <summary>Entropy, a vector of Single. Default "Entropy".</summary>
    public string EntropyColumnName { get; init; } = "Entropy";

    /// <summary>The least prominence of a peak, in standard deviations of its series (see <see cref="RhythmPeaks"/>). Default 0.5; 0 or more.</summary>
    public double Prominence { get; init; } = 0.5;

    /// <summary>How often responses are drawn anew for the intervals. Default 2000; at least 100.</summary>
    public int BootstrapDraws { get; init; } = 2000;

    /// <summary>How often peaks are shuffled for the p-values, which are never below 1 / (1 + this). Default 2000; at least 100.</summary>
    public int Permutations { get; init; } = 2000;

    /// <summary>The seed of both. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>What <c>AttentionRhythm</c> is to write for these statistics: FAI with an open horizon, as in the paper's analysis section, and the FAI of
    /// receiver heads.</summary>
    public static AttentionRhythmOptions Rhythm => new()
    {
        MaximumHorizon = null,
        Outputs = RhythmColumns.Waad | RhythmColumns.Fai | RhythmColumns.Entropy | RhythmColumns.ReceiverFai,
    };

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.Require(Prominence >= 0 && double.IsFinite(Prominence), nameof(Prominence), Prominence, "0 or more");
        problems.Require(BootstrapDraws >= 100, nameof(BootstrapDraws), BootstrapDraws, "at least 100");
        problems.Require(Permutations >= 100, nameof(Permutations), Permutations, "at least 100");
        problems.ThrowIfAny(nameof(CouplingOptions));
    }
}
