using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>An estimator of a <see cref="RewardTransformer"/> that learns nothing from the data it is fitted on.</summary>
/// <typeparam name="TTransformer">What Fit returns.</typeparam>
public abstract class RewardEstimator<TTransformer> : BatchEstimator<TTransformer>
    where TTransformer : RewardTransformer
{
    private readonly Func<IHostEnvironment, TTransformer> _create;
    private readonly TTransformer _schema;

    private protected RewardEstimator(IHostEnvironment environment, string name, Func<IHostEnvironment, TTransformer> create)
        : base(environment, name) => (_create, _schema) = (create, create(Host));

    internal sealed override IReadOnlyList<InputColumn> Inputs => _schema.Inputs;

    internal sealed override IEnumerable<DataViewSchema.DetachedColumn> Outputs => [_schema.Output.Column];

    internal sealed override TTransformer FitCore(IDataView input) => _create(Host);
}
