using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Estimators;

/// <summary>The visible columns of a data view, kept in memory so that any row can be read again, in any order and as often as wanted.</summary>
internal sealed class StoredRows
{
    private readonly StoredColumn[] _values;
    private readonly (string Name, StoredColumn Values)[] _byName;

    private StoredRows(DataViewSchema.Column[] columns, StoredColumn[] values, int count)
    {
        (Columns, _values, Count) = (columns, values, count);
        _byName = [.. columns.Zip(values, (column, stored) => (column.Name, stored)).OrderBy(column => column.Name, StringComparer.Ordinal)];
    }

    /// <summary>The columns, in the order of the data; hidden ones are left out.</summary>
    public IReadOnlyList<DataViewSchema.Column> Columns { get; }

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Reads all rows once.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="read">Called on every row, after its values were kept.</param>
    public static StoredRows Read(IDataView data, Func<DataViewRow, Action> read)
    {
        DataViewSchema.Column[] columns = [.. data.Schema.Where(column => !column.IsHidden)];
        using DataViewRowCursor cursor = data.GetRowCursor(columns);
        StoredColumn[] values = [.. columns.Select(column => StoredColumn.Create(cursor, column))];
        Action readRow = read(cursor);
        int count = 0;
        for (; cursor.MoveNext(); count++)
        {
            foreach (StoredColumn column in values) column.Add();
            readRow();
        }
        return new StoredRows(columns, values, count);
    }

    /// <summary>A <c>ValueGetter</c> of a column.</summary>
    /// <param name="column">Its place in <see cref="Columns"/>.</param>
    /// <param name="currentRow">Gives the row to read.</param>
    public Delegate CreateGetter(int column, Func<int> currentRow) => _values[column].CreateGetter(currentRow);

    /// <summary>All values of a row in words, in the order of the columns' names.</summary>
    public IEnumerable<string> Texts(int row) => _byName.Select(column => $"{column.Name}={column.Values.Text(row)}");

    private abstract class StoredColumn
    {
        public abstract void Add();

        public abstract Delegate CreateGetter(Func<int> currentRow);

        /// <summary>A row's value in words.</summary>
        public abstract string Text(int row);

        protected static string Format<T>(T value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

        public static StoredColumn Create(DataViewRow row, DataViewSchema.Column column)
        {
            Type type = column.Type is VectorDataViewType vector
                ? typeof(VectorColumn<>).MakeGenericType(vector.ItemType.RawType)
                : typeof(ScalarColumn<>).MakeGenericType(column.Type.RawType);
            return (StoredColumn)Activator.CreateInstance(type, row, column)!;
        }
    }

    private sealed class ScalarColumn<T>(DataViewRow row, DataViewSchema.Column column) : StoredColumn
    {
        private readonly ValueGetter<T> _source = row.GetGetter<T>(column);
        private readonly List<T> _values = [];

        public override void Add()
        {
            T value = default!;
            _source(ref value);
            // A cursor may reuse the memory that its text lies in.
            _values.Add(value is ReadOnlyMemory<char> text ? (T)(object)text.ToString().AsMemory() : value);
        }

        public override string Text(int row) => Format(_values[row]);

        public override Delegate CreateGetter(Func<int> currentRow) => (ValueGetter<T>)((ref T value) => value = _values[currentRow()]);
    }

    private sealed class VectorColumn<T>(DataViewRow row, DataViewSchema.Column column) : StoredColumn
    {
        private readonly ValueGetter<VBuffer<T>> _source = row.GetGetter<VBuffer<T>>(column);
        private readonly List<VBuffer<T>> _values = [];

        public override void Add()
        {
            VBuffer<T> value = default;
            _source(ref value);
            // Texts are copied here, too.
            _values.Add(value is VBuffer<ReadOnlyMemory<char>> texts ? (VBuffer<T>)(object)Copy(texts) : value);
        }

        public override string Text(int row) => string.Join('\u001f', _values[row].DenseValues().Select(Format));

        private static VBuffer<ReadOnlyMemory<char>> Copy(VBuffer<ReadOnlyMemory<char>> texts) =>
            new(texts.Length, [.. texts.DenseValues().Select(text => text.ToString().AsMemory())]);

        public override Delegate CreateGetter(Func<int> currentRow) =>
            (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[currentRow()].CopyTo(ref value));
    }
}
