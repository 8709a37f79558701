using Microsoft.ML.Runtime;

namespace MLNetAttn.Pipelines;

/// <summary>Scores the form of responses: one number if a regular expression occurs in them, another if not.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input columns
/// | column | type | meaning |
/// |---|---|---|
/// | Response | text | what the model wrote |
///
/// ### Output columns
/// | column | type | meaning |
/// |---|---|---|
/// | Reward | Single | 1 where the pattern occurs, else 0, or what the options say |
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Can it be saved in a model zip? | Yes |
/// ]]></format>
/// </remarks>
public sealed class RegexRewardEstimator : RewardEstimator<RegexRewardTransformer>
{
    internal RegexRewardEstimator(IHostEnvironment environment, RegexRewardOptions options)
        : base(environment, nameof(RegexRewardEstimator), host => new RegexRewardTransformer(host, options))
    {
    }
}
