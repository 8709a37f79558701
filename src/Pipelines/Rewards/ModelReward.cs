using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>A trained model as an estimator that fits nothing. It appends the reward alone: what else the model writes would pass for rewards.</summary>
/// <param name="model">The model.</param>
/// <param name="columnName">What it writes that is the reward.</param>
internal sealed class ModelReward(ITransformer model, string columnName) : IEstimator<ITransformer>
{
    private const string RewardColumn = "Reward";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The model cannot be applied to the data, writes no such column, or one of another type.</exception>
    public ITransformer Fit(IDataView input)
    {
        TransformsCatalog catalog = new MLContext().Transforms;
        DataViewSchema output = FittedReward.OutputSchema(model, input.Schema);
        RequireReward(input.Schema, output);
        string[] beside = [.. Written(input.Schema, output).Select(column => column.Name).Where(name => name != RewardColumn)];
        var chain = new TransformerChain<ITransformer>(model);
        if (columnName != RewardColumn) Append(catalog.CopyColumns(RewardColumn, columnName));
        if (beside.Length > 0) Append(catalog.DropColumns(beside));
        return chain;

        void Append(IEstimator<ITransformer> estimator) => chain = chain.Append(estimator.Fit(chain.Transform(input)));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">As of <see cref="Fit"/>.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        (DataViewSchema schema, bool madeUp) = ShapeSchema.Of(inputSchema);
        IEnumerable<SchemaShape.Column> kept = inputSchema;
        try
        {
            DataViewSchema output = FittedReward.OutputSchema(model, schema);
            RequireReward(schema, output);
            kept = inputSchema.Where(column => output.GetColumnOrNull(column.Name) is not null);
        }
        catch (Exception) when (madeUp)
        {
            // Fit, which knows the data in full, will tell.
        }
        var reward = new DataViewSchema.Builder();
        reward.AddColumn(RewardColumn, NumberDataViewType.Single);
        return new SchemaShape([.. kept.Where(column => column.Name != RewardColumn), .. MLNetInternals.CreateShape(reward.ToSchema())]);
    }

    private void RequireReward(DataViewSchema input, DataViewSchema output)
    {
        if (output.GetColumnOrNull(columnName)?.Type == NumberDataViewType.Single) return;
        string written = string.Join(", ", Written(input, output).Select(column => $"{column.Name} ({column.Type})"));
        throw new ArgumentException(
            $"The model that Reward.From was given writes no column '{columnName}' of {NumberDataViewType.Single}. It writes {(written.Length == 0 ? "no column" : written)}: name the one that is the reward.");
    }

    private static IEnumerable<DataViewSchema.Column> Written(DataViewSchema input, DataViewSchema output) =>
        output.Where(column => !column.IsHidden && input.GetColumnOrNull(column.Name) is null);
}
