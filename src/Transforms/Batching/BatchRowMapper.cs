using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>The mapping row by row, which PredictionEngine and chains of mappers use; a row is computed when its first output is read.</summary>
/// <param name="host">Marks errors as ML.NET does.</param>
/// <param name="mapper">What is done to a row.</param>
internal sealed class BatchRowMapper(IHost host, BatchMapper mapper) : IRowToRowMapper
{
    /// <inheritdoc/>
    public DataViewSchema InputSchema => mapper.InputSchema;

    /// <inheritdoc/>
    public DataViewSchema OutputSchema => mapper.OutputSchema;

    /// <inheritdoc/>
    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        mapper.GetDependencies(mapper.Activate(dependingColumns));

    /// <inheritdoc/>
    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        if (input.Schema != mapper.InputSchema)
            throw host.Process(new ArgumentException("The row has another schema than the one that the mapper is bound to.", nameof(input)));
        return new MappedRow(host, mapper, input, mapper.Activate(activeColumns));
    }
}
