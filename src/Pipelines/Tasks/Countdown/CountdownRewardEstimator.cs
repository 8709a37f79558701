using Microsoft.ML.Runtime;

namespace MLNetAttn.Pipelines;

/// <summary>Scores responses to Countdown problems: see <see cref="CountdownRewardTransformer"/>. It learns nothing from the data it is fitted on.</summary>
public sealed class CountdownRewardEstimator : RewardEstimator<CountdownRewardTransformer>
{
    internal CountdownRewardEstimator(IHostEnvironment environment, CountdownRewardOptions options)
        : base(environment, nameof(CountdownRewardEstimator), host => new CountdownRewardTransformer(host, options))
    {
    }
}
