using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms;

/// <summary>A cursor over a batch transformer's view that looks at one row at a time: where only input columns were asked for, or rows are computed one by one.
/// What fails in a row, fails when it is read.</summary>
/// <param name="input">The rows.</param>
/// <param name="row">The row that it stands on, with what is computed of it; disposed with this cursor, and the input with it.</param>
/// <param name="beforeRow">Called before every row; null = nothing is.</param>
internal sealed class RowByRowCursor(DataViewRowCursor input, DataViewRow row, Action? beforeRow) : DataViewRowCursor
{
    /// <inheritdoc/>
    public override DataViewSchema Schema => row.Schema;

    /// <inheritdoc/>
    public override long Position => row.Position;

    /// <inheritdoc/>
    public override long Batch => row.Batch;

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        beforeRow?.Invoke();
        return input.MoveNext();
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => row.GetIdGetter();

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => row.IsColumnActive(column);

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => row.GetGetter<TValue>(column);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) row.Dispose();
        base.Dispose(disposing);
    }
}
