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

    private sealed class MappedRow(IHost host, BatchMapper mapper, DataViewRow input, bool[] active) : DataViewRow
    {
        private readonly BatchKernel? _kernel = mapper.AnyOutputActive(active) ? mapper.CreateKernel(input, 1) : null;
        private long _computed = -1;

        public override DataViewSchema Schema => mapper.OutputSchema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Getters.RequireActive(host, active, column);
            int output = column.Index - mapper.InputSchema.Count;
            return output < 0
                ? input.GetGetter<TValue>(mapper.InputSchema[column.Index])
                : Getters.Cast<TValue>(host, _kernel!.CreateGetter(output, ComputedSlot), column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) input.Dispose();
            base.Dispose(disposing);
        }

        private int ComputedSlot()
        {
            if (_computed != input.Position)
            {
                _kernel!.Read(0);
                _kernel.Run(1);
                _computed = input.Position;
            }
            return 0;
        }
    }
}
