using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>Assigns credit γ to response tokens from their attention rhythm (Eq. 12 to 19), for training and for reading: which tokens plan, which
/// anchor.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input columns
/// | column | type | read by |
/// |---|---|---|
/// | Waad | vector of Single, per response token | Uniform, Random (its length), Local, Coupled |
/// | Fai | vector of Single, NaN = undefined | Global, Coupled |
/// | Entropy | vector of Single | HighEntropy |
/// | Flow | vector of Single, throughput | Flow |
/// | Advantage | Single or Double | Sign PositiveOnly and NegativeOnly |
///
/// ### Output columns
/// | column | type | meaning |
/// |---|---|---|
/// | Credit | variable-size vector of Single | γ: 1, or more where a token is amplified; divided by its mean with `Normalize` |
/// | Role | variable-size vector of key | None, Preplan, Anchor, DominatedAnchor, Introduction, or Selected (flow and controls); a token that is an anchor and an introduction too shows as the anchor |
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Can it be saved in a model zip? | Yes |
/// ]]></format>
/// </remarks>
public sealed class RhythmCreditEstimator : BatchEstimator<RhythmCreditTransformer>
{
    private readonly RhythmCreditOptions _options;

    internal RhythmCreditEstimator(IHostEnvironment environment, RhythmCreditOptions options)
        : base(environment, nameof(RhythmCreditEstimator))
    {
        options.Validate();
        _options = options;
    }

    internal override IReadOnlyList<InputColumn> Inputs => RhythmCreditTransformer.Inputs(_options);

    internal override IEnumerable<DataViewSchema.DetachedColumn> Outputs => RhythmCreditTransformer.Outputs(_options).Select(output => output.Column);

    internal override RhythmCreditTransformer FitCore(IDataView input) => new(Host, _options);
}
