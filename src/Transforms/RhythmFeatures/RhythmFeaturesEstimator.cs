using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>Turns the per-token columns of <see cref="AttentionRhythmEstimator"/> into one vector of a fixed size with slot names, which any ML.NET trainer can
/// use.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input columns
/// | column | type |
/// |---|---|
/// | Waad, Fai, Entropy, LogProbability | vectors of Single, one value per response token, NaN = undefined; only those that `Signals` names |
///
/// ### Output column: RhythmFeatures, a vector of Single of a fixed size
/// | slot | meaning |
/// |---|---|
/// | TokenCount | the response's length |
/// | S.Mean, S.StandardDeviation (population), S.QuantileQ | of each signal S, over its defined values |
/// | S.Trend | mean of the second half of the defined values minus mean of the first |
/// | S.PeakRate | peaks (`RhythmPeaks`) per defined token; not of LogProbability |
/// | S.PeakSpacingMean, S.PeakSpacingStandardDeviation | of the distances from peak to peak, in tokens; not of LogProbability |
/// | AnchorFaiShare | FAI of the anchors, the tokens of the highest FAI, as a share of all FAI |
/// | EntropyAtWaadPeaks, EntropyAtFaiPeaks, EntropyAtAnchors | mean entropy there |
/// | FaiPeaksNearWaadPeaks | share of FAI's peaks at, or one token after, a peak of WAAD |
/// | WaadAtAnchors | mean WAAD of the anchors |
/// | DominatedAnchorShare | share of anchors that are locally dominated (Eq. 17, thresholds at the medians) |
///
/// What a response does not define, such as the spacing of one peak, is `MissingValue`: 0 unless asked for otherwise. Scales differ from slot to slot: put
/// `NormalizeMeanVariance` behind it for trainers that care.
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Can it be saved in a model zip? | Yes |
/// ]]></format>
/// </remarks>
public sealed class RhythmFeaturesEstimator : BatchEstimator<RhythmFeaturesTransformer>
{
    private readonly RhythmFeaturesOptions _options;

    internal RhythmFeaturesEstimator(IHostEnvironment environment, RhythmFeaturesOptions options)
        : base(environment, nameof(RhythmFeaturesEstimator))
    {
        options.Validate();
        _options = options;
    }

    internal override IReadOnlyList<InputColumn> Inputs => RhythmFeaturesTransformer.Inputs(_options);

    internal override IEnumerable<DataViewSchema.DetachedColumn> Outputs => [RhythmFeaturesTransformer.Output(_options).Column];

    internal override RhythmFeaturesTransformer FitCore(IDataView input) => new(Host, _options);
}
