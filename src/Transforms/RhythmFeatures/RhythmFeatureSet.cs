using MLNetAttn.Modeling;
using static System.FormattableString;

namespace MLNetAttn.Transforms;

/// <summary>The features of a response, slot by slot: a name and how the number comes about.</summary>
internal sealed class RhythmFeatureSet
{
    private readonly RhythmFeaturesOptions _options;
    private readonly List<(string Name, Func<Response, double> Compute)> _features = [("TokenCount", response => response.Count)];

    public RhythmFeatureSet(RhythmFeaturesOptions options)
    {
        options.Validate();
        _options = options;
        foreach (RhythmSignals signal in options.Selected) Describe(signal);
        if (Has(RhythmSignals.Fai)) Add("AnchorFaiShare", response => response.AnchorShare);
        if (Has(RhythmSignals.Waad | RhythmSignals.Entropy))
            Add("EntropyAtWaadPeaks", response => response[RhythmSignals.Entropy].MeanAt(response[RhythmSignals.Waad].Peaks));
        if (Has(RhythmSignals.Fai | RhythmSignals.Entropy))
        {
            Add("EntropyAtFaiPeaks", response => response[RhythmSignals.Entropy].MeanAt(response[RhythmSignals.Fai].Peaks));
            Add("EntropyAtAnchors", response => response[RhythmSignals.Entropy].MeanAt(response.Anchors));
        }
        if (Has(RhythmSignals.Waad | RhythmSignals.Fai))
        {
            Add("FaiPeaksNearWaadPeaks", response => response.Coupled);
            Add("WaadAtAnchors", response => response[RhythmSignals.Waad].MeanAt(response.Anchors));
            Add("DominatedAnchorShare", response => response.DominatedShare);
        }
    }

    /// <summary>The slots' names.</summary>
    public IReadOnlyList<string> Names => [.. _features.Select(feature => feature.Name)];

    /// <summary>The features of a response.</summary>
    /// <param name="signals">Of the signals asked for, in their order, one value per token.</param>
    public float[] Compute(IReadOnlyList<double[]> signals)
    {
        var response = new Response(_options, signals);
        return [.. _features.Select(feature => feature.Compute(response)).Select(value => double.IsNaN(value) ? _options.MissingValue : (float)value)];
    }

    private bool Has(RhythmSignals signals) => _options.Signals.HasFlag(signals);

    private void Add(string name, Func<Response, double> compute) => _features.Add((name, compute));

    private void Describe(RhythmSignals signal)
    {
        Add($"{signal}.Mean", response => response[signal].Average);
        Add($"{signal}.StandardDeviation", response => response[signal].Spread);
        foreach (double quantile in _options.Quantiles) Add(Invariant($"{signal}.Quantile{quantile}"), response => response[signal].Quantile(quantile));
        Add($"{signal}.Trend", response => response[signal].Trend);
        if (signal == RhythmSignals.LogProbability) return; // its peaks are the valleys of entropy, more or less
        Add($"{signal}.PeakRate", response => response[signal].PeakRate);
        Add($"{signal}.PeakSpacingMean", response => TokenSeries.Mean(response[signal].PeakSpacings));
        Add($"{signal}.PeakSpacingStandardDeviation", response => TokenSeries.Deviation(response[signal].PeakSpacings));
    }

    private sealed class Response(RhythmFeaturesOptions options, IReadOnlyList<double[]> signals)
    {
        private readonly Dictionary<RhythmSignals, TokenSeries> _series =
            options.Selected.Zip(signals).ToDictionary(pair => pair.First, pair => new TokenSeries(pair.Second, options.PeakProminence));

        private int[]? _anchors;

        public int Count => signals[0].Length;

        public TokenSeries this[RhythmSignals signal] => _series[signal];

        public int[] Anchors => _anchors ??= TokenRanking.Top(Fai, options.AnchorFraction);

        /// <summary>How much of all FAI the anchors have: the anchors' share of tokens where all are alike, 1 where the others have none.</summary>
        public double AnchorShare => Anchors.Sum(anchor => Fai[anchor]) / Fai.Where(value => !double.IsNaN(value)).Sum();

        /// <summary>The share of FAI's peaks that lie at a peak of WAAD or one token after it.</summary>
        public double Coupled
        {
            get
            {
                IReadOnlySet<int> coupled = RhythmPeaks.CoupledTo(this[RhythmSignals.Waad].Peaks);
                return TokenSeries.Mean([.. this[RhythmSignals.Fai].Peaks.Select(peak => coupled.Contains(peak) ? 1.0 : 0.0)]);
            }
        }

        /// <summary>The share of anchors that are locally dominated (Eq. 17).</summary>
        public double DominatedShare
        {
            get
            {
                var tokens = new TokenSignals { Count = Count, Waad = this[RhythmSignals.Waad].Values, Fai = Fai };
                TokenRoles[] roles = RhythmCreditFunction.Assign(tokens, new CreditOptions { Fraction = options.AnchorFraction }).Roles;
                return TokenSeries.Mean([.. Anchors.Select(anchor => roles[anchor].HasFlag(TokenRoles.DominatedAnchor) ? 1.0 : 0.0)]);
            }
        }

        private double[] Fai => this[RhythmSignals.Fai].Values;
    }
}
