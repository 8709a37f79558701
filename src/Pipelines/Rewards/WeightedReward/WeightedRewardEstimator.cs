using Microsoft.ML.Runtime;

namespace MLNetAttn.Pipelines;

/// <summary>Adds several rewards, each with its weight: Σ_k w_k · r_k over the values that are there, as TRL's GRPOTrainer does.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input columns
/// | column | type | meaning |
/// |---|---|---|
/// | one or more, by name | Single | a reward; NaN = no value, which counts 0 |
///
/// ### Output columns
/// | column | type | meaning |
/// |---|---|---|
/// | Reward | Single | the weighted sum; NaN where no reward has a value |
///
/// An infinite reward stops the pass with an error that names column and row.
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Can it be saved in a model zip? | Yes |
/// ]]></format>
/// </remarks>
public sealed class WeightedRewardEstimator : RewardEstimator<WeightedRewardTransformer>
{
    internal WeightedRewardEstimator(IHostEnvironment environment, WeightedRewardOptions options)
        : base(environment, nameof(WeightedRewardEstimator), host => new WeightedRewardTransformer(host, options))
    {
    }
}
