using Microsoft.ML.Runtime;

namespace MLNetAttn.Pipelines;

/// <summary>Scores responses to mathematical problems: 1 if the final answer is right, else 0, as <see cref="MathVerifier"/> decides.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input columns
/// | column | type | meaning |
/// |---|---|---|
/// | Response | text | what the model wrote |
/// | Answer | text | the right answer: a number, or a formula in $…$ or \boxed{…}, with text around perhaps (GSM8K's "… #### 18") |
///
/// ### Output columns
/// | column | type | meaning |
/// |---|---|---|
/// | Reward | Single | 1 or 0; NaN, if the option says so, where nothing is found in the right answer |
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Can it be saved in a model zip? | Yes |
/// ]]></format>
/// </remarks>
public sealed class MathRewardEstimator : RewardEstimator<MathRewardTransformer>
{
    internal MathRewardEstimator(IHostEnvironment environment, MathRewardOptions options)
        : base(environment, nameof(MathRewardEstimator), host => new MathRewardTransformer(host, options))
    {
    }
}
