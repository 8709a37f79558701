using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Estimators;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Appends the weighted sum of several rewards. See <see cref="WeightedRewardEstimator"/> for its columns.</summary>
public sealed class WeightedRewardTransformer : RewardTransformer
{
    private readonly WeightedRewardOptions _options;

    internal WeightedRewardTransformer(IHostEnvironment environment, WeightedRewardOptions options)
        : base(environment, nameof(WeightedRewardTransformer))
    {
        options.Validate();
        _options = options;
    }

    internal WeightedRewardTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<WeightedRewardOptions>())
    {
    }

    internal override IReadOnlyList<InputColumn> Inputs => RewardColumns.Inputs(_options.RewardColumnNames);

    internal override string OutputColumnName => _options.OutputColumnName;

    internal override void Save(ComponentWriter writer) => writer.WriteState(_options);

    internal override Func<float> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        double[] weights = [.. _options.Weights ?? Enumerable.Repeat(1.0, inputs.Length)];
        Func<double[]> rewards = RewardColumns.Open(row, inputs);
        return () =>
        {
            double[] values = rewards();
            return (float)AdvantageNormalization.Sum(values, values, weights);
        };
    }
}
