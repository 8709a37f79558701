using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Scores responses to Countdown problems: see <see cref="CountdownRewardTransformer"/>. It learns nothing from the data it is fitted on.</summary>
public sealed class CountdownRewardEstimator : BatchEstimator<CountdownRewardTransformer>
{
    private readonly CountdownRewardSettings _settings;

    internal CountdownRewardEstimator(IHostEnvironment environment, CountdownRewardSettings settings)
        : base(environment, nameof(CountdownRewardEstimator)) => _settings = settings;

    internal override IReadOnlyList<InputColumn> Inputs => CountdownRewardTransformer.InputsOf(_settings);

    internal override IEnumerable<DataViewSchema.DetachedColumn> Outputs => [CountdownRewardTransformer.OutputOf(_settings).Column];

    internal override CountdownRewardTransformer FitCore(IDataView input) => new(Host, _settings);
}
