using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Columns and settings of <see cref="RhythmFeaturesEstimator"/>.</summary>
public sealed record RhythmFeaturesOptions
{
    /// <summary>The columns that are described; only these are read. Default all.</summary>
    public RhythmSignals Signals { get; init; } = RhythmSignals.All;

    /// <summary>WAAD per response token, a vector of Single. Default "Waad".</summary>
    public string WaadColumnName { get; init; } = "Waad";

    /// <summary>FAI per response token, a vector of Single, NaN where undefined. Default "Fai".</summary>
    public string FaiColumnName { get; init; } = "Fai";

    /// <summary>Entropy per response token, a vector of Single. Default "Entropy".</summary>
    public string EntropyColumnName { get; init; } = "Entropy";

    /// <summary>Log-probability per response token, a vector of Single. Default "LogProbability".</summary>
    public string LogProbabilityColumnName { get; init; } = "LogProbability";

    /// <summary>Where the features go: a vector of Single of a fixed size, with slot names. Default "RhythmFeatures".</summary>
    public string OutputColumnName { get; init; } = "RhythmFeatures";

    /// <summary>The quantiles of each signal, between order statistics by straight lines. Default 0.1, 0.25, 0.5, 0.75, 0.9; each 0 to 1, none twice.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [0.1, 0.25, 0.5, 0.75, 0.9];

    /// <summary>The least prominence of a peak, in standard deviations of its signal (see <see cref="RhythmPeaks"/>). Default 0.5; 0 or more.</summary>
    public double PeakProminence { get; init; } = 0.5;

    /// <summary>q: the share of tokens with the highest FAI that are called anchors. Default 0.4; above 0, at most 1.</summary>
    public double AnchorFraction { get; init; } = 0.4;

    /// <summary>What a feature is that a response does not define: the spacing of its only peak, everything of an empty response but its length. Default 0,
    /// since most trainers cannot take NaN; NaN marks it as ML.NET's missing value, for <c>ReplaceMissingValues</c> or <c>IndicateMissingValues</c>.</summary>
    public float MissingValue { get; init; }

    /// <summary>The column of a signal.</summary>
    internal string ColumnName(RhythmSignals signal) => signal switch
    {
        RhythmSignals.Waad => WaadColumnName,
        RhythmSignals.Fai => FaiColumnName,
        RhythmSignals.Entropy => EntropyColumnName,
        _ => LogProbabilityColumnName,
    };

    /// <summary>The signals asked for, in the order of the slots.</summary>
    [JsonIgnore]
    internal IReadOnlyList<RhythmSignals> Selected =>
    [
        .. new[] { RhythmSignals.Waad, RhythmSignals.Fai, RhythmSignals.Entropy, RhythmSignals.LogProbability }
            .Where(signal => Signals.HasFlag(signal)),
    ];

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.Require(Signals != 0 && (Signals & ~RhythmSignals.All) == 0, nameof(Signals), Signals,
            "at least one of " + string.Join(", ", Enum.GetNames<RhythmSignals>()));
        foreach (RhythmSignals signal in Selected) problems.RequireName(ColumnName(signal), $"{signal}ColumnName");
        problems.RequireName(OutputColumnName, nameof(OutputColumnName));
        problems.Require(
            Quantiles.All(quantile => quantile is >= 0 and <= 1) && Quantiles.Distinct().Count() == Quantiles.Count,
            nameof(Quantiles), string.Join(", ", Quantiles),
            "numbers from 0 to 1, none twice");
        problems.Require(PeakProminence >= 0 && double.IsFinite(PeakProminence), nameof(PeakProminence), PeakProminence, "0 or more");
        problems.Require(AnchorFraction is > 0 and <= 1, nameof(AnchorFraction), AnchorFraction, "above 0, at most 1");
        problems.Require(!float.IsInfinity(MissingValue), nameof(MissingValue), MissingValue, "a number, or NaN");
        problems.ThrowIfAny(nameof(RhythmFeaturesOptions));
    }
}
