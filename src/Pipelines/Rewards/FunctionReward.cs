using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

/// <summary>A function as an estimator of a reward. It is ML.NET's CustomMapping, but says itself why it cannot be saved.</summary>
/// <param name="mapping">The function's CustomMapping.</param>
internal sealed class FunctionReward(IEstimator<ITransformer> mapping) : IEstimator<ITransformer>
{
    /// <inheritdoc/>
    public ITransformer Fit(IDataView input) => new Fitted(mapping.Fit(input));

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => mapping.GetOutputSchema(inputSchema);

    private sealed class Fitted(ITransformer mapping) : ITransformer
    {
        bool ITransformer.IsRowToRowMapper => mapping.IsRowToRowMapper;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => mapping.GetOutputSchema(inputSchema);

        public IDataView Transform(IDataView input) => mapping.Transform(input);

        IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => mapping.GetRowToRowMapper(inputSchema);

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw new InvalidOperationException(
            "A reward that Reward.From made of a function cannot be saved. Write it as ML.NET's CustomMapping with a contract name and a factory: docs/rewards.md has an example. Or save the chain without it.");
    }
}
