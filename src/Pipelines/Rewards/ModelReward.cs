using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>A trained model as an estimator that fits nothing.</summary>
/// <param name="model">The model.</param>
/// <param name="columnName">What it writes that is the reward.</param>
internal sealed class ModelReward(ITransformer model, string columnName) : IEstimator<ITransformer>
{
    private const string RewardColumn = "Reward";

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The model writes no such column, or one of another type.</exception>
    public ITransformer Fit(IDataView input)
    {
        var context = new MLContext();
        IDataView scored = model.Transform(input);
        InputColumn.Scalar(columnName, NumberDataViewType.Single).Find(MLNetInternals.GetEnvironment(context.Transforms), scored.Schema);
        return columnName == RewardColumn
            ? model
            : new TransformerChain<ITransformer>(model, context.Transforms.CopyColumns(RewardColumn, columnName).Fit(scored));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var reward = new DataViewSchema.Builder();
        reward.AddColumn(RewardColumn, NumberDataViewType.Single);
        return new SchemaShape([.. inputSchema.Where(column => column.Name != RewardColumn), .. MLNetInternals.CreateShape(reward.ToSchema())]);
    }
}
