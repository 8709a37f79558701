using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>The lazy view that a batch transformer returns: nothing is computed before a cursor reads an output.</summary>
/// <param name="host">Marks errors as ML.NET does.</param>
/// <param name="source">The rows.</param>
/// <param name="mapper">What is done to them.</param>
/// <param name="batching">How many at once.</param>
/// <param name="throwIfCanceled">Called before every batch.</param>
internal sealed class BatchDataView(IHost host, IDataView source, BatchMapper mapper, BatchPolicy batching, Action throwIfCanceled) : IDataView
{
    /// <inheritdoc/>
    public bool CanShuffle => source.CanShuffle;

    /// <inheritdoc/>
    public DataViewSchema Schema => mapper.OutputSchema;

    /// <inheritdoc/>
    public long? GetRowCount() => source.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = mapper.Activate(columnsNeeded);
        return Open(source.GetRowCursor(mapper.GetDependencies(active), rand), active);
    }

    /// <summary>One cursor where something is computed (a model uses all cores by itself, and ML.NET splits the set further on where it wants to), whose source
    /// is not split either, so that what fails there fails in its row; else as many as the source gives.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = mapper.Activate(columnsNeeded);
        return [.. source.GetRowCursorSet(mapper.GetDependencies(active), mapper.AnyOutputActive(active) ? 1 : n, rand).Select(input => Open(input, active))];
    }

    private DataViewRowCursor Open(DataViewRowCursor input, bool[] active)
    {
        bool computes = mapper.AnyOutputActive(active);
        try
        {
            return computes && batching.Size > 1
                ? new BatchCursor(host, input, mapper, active, batching, throwIfCanceled)
                : new RowByRowCursor(input, new MappedRow(host, mapper, input, active), computes ? throwIfCanceled : null);
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }
}

/// <summary>How many rows a cursor computes at once.</summary>
/// <param name="Size">The most rows.</param>
/// <param name="Ramp">Whether batches grow 1, 2, 4, … up to it, so that a look at the first rows does not pay for a whole batch.</param>
/// <param name="Unit">Rows that are computed together whatever the batch: batches are multiples of it, as <paramref name="Size"/> must be.</param>
internal readonly record struct BatchPolicy(int Size, bool Ramp = true, int Unit = 1);
