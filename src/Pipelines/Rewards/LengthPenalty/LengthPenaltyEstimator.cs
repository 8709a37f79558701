using Microsoft.ML.Runtime;

namespace MLNetAttn.Pipelines;

/// <summary>Punishes long responses softly (DAPO's soft overlong punishment, arXiv 2503.14476, Eq. 13; TRL's get_soft_overlong_punishment).</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// For a response of |y| tokens: 0 if |y| ≤ L_max − L_c; ((L_max − L_c) − |y|) / L_c if |y| ≤ L_max; else −1.
///
/// ### Input columns
/// | column | type | meaning |
/// |---|---|---|
/// | ResponseTokenIds | vector of Int32, of any size | what the model sampled |
///
/// ### Output columns
/// | column | type | meaning |
/// |---|---|---|
/// | Reward | Single | −1 to 0 |
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Can it be saved in a model zip? | Yes |
/// ]]></format>
/// </remarks>
public sealed class LengthPenaltyEstimator : RewardEstimator<LengthPenaltyTransformer>
{
    internal LengthPenaltyEstimator(IHostEnvironment environment, LengthPenaltyOptions options)
        : base(environment, nameof(LengthPenaltyEstimator), host => new LengthPenaltyTransformer(host, options))
    {
    }
}
