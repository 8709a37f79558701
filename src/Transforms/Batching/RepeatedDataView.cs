using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>Every row of a view several times, one after the other, with two columns that say which row it was and which repetition this is.</summary>
/// <param name="host">Marks errors as ML.NET does.</param>
/// <param name="source">The rows.</param>
/// <param name="repetition">How often, and how the columns are called.</param>
internal sealed class RepeatedDataView(IHost host, IDataView source, Repetition repetition) : IDataView
{
    /// <inheritdoc/>
    public bool CanShuffle => source.CanShuffle;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; } = repetition.Extend(source.Schema);

    /// <inheritdoc/>
    public long? GetRowCount() => source.GetRowCount() * repetition.Count;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = new bool[Schema.Count];
        foreach (DataViewSchema.Column column in columnsNeeded) active[column.Index] = true;
        return new Cursor(host, source.GetRowCursor(source.Schema.Where(column => active[column.Index]), rand), Schema, active, repetition.Count);
    }

    /// <summary>One cursor: in a set, each would number its rows from 0.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(IHost host, DataViewRowCursor input, DataViewSchema schema, bool[] active, int count) : DataViewRowCursor
    {
        private int _repeated = count - 1;

        public override DataViewSchema Schema => schema;

        public override long Position => input.Position < 0 ? -1 : input.Position * count + _repeated;

        public override long Batch => input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override bool MoveNext()
        {
            if (_repeated + 1 < count)
            {
                _repeated++;
                return true;
            }
            if (!input.MoveNext()) return false;
            _repeated = 0;
            return true;
        }

        /// <summary>The first repetition keeps the row's id, so that what depends on ids does not depend on how often rows are repeated.</summary>
        public override ValueGetter<DataViewRowId> GetIdGetter()
        {
            ValueGetter<DataViewRowId> source = input.GetIdGetter();
            return (ref DataViewRowId id) =>
            {
                source(ref id);
                if (_repeated > 0) id = id.Combine(new DataViewRowId((ulong)_repeated, 0));
            };
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Getters.RequireActive(host, active, column);
            int added = column.Index - input.Schema.Count;
            return added switch
            {
                < 0 => input.GetGetter<TValue>(input.Schema[column.Index]),
                0 => Getters.Cast<TValue>(host, (ValueGetter<long>)((ref long value) => value = input.Position), column),
                _ => Getters.Cast<TValue>(host, (ValueGetter<int>)((ref int value) => value = _repeated), column),
            };
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) input.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>How rows are repeated.</summary>
/// <param name="Count">How often each row comes; at least 1.</param>
/// <param name="RowColumnName">Where the number of the row goes, from 0.</param>
/// <param name="RepetitionColumnName">Where the number of the repetition goes, from 0.</param>
internal sealed record Repetition(int Count, string RowColumnName, string RepetitionColumnName)
{
    /// <summary>The columns that are appended: Int64 and Int32.</summary>
    public DataViewSchema.DetachedColumn[] Columns => [new(RowColumnName, NumberDataViewType.Int64), new(RepetitionColumnName, NumberDataViewType.Int32)];

    /// <summary>A schema with the columns appended.</summary>
    public DataViewSchema Extend(DataViewSchema schema)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(schema);
        foreach (DataViewSchema.DetachedColumn column in Columns) builder.AddColumn(column.Name, column.Type);
        return builder.ToSchema();
    }
}
