using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Estimators;

/// <summary>What a reward sees: the prompt rows, each as often as it was answered, with Response (text) and ResponseTokenIds appended.</summary>
internal sealed class RolloutView : IDataView
{
    public const string ResponseColumnName = "Response", ResponseTokenIdsColumnName = "ResponseTokenIds";

    private readonly StoredRows _prompts;
    private readonly int[] _rows;
    private readonly int[] _places;
    private readonly string[] _responses;
    private readonly int[][] _tokenIds;

    /// <param name="prompts">The prompt rows.</param>
    /// <param name="rows">[B]: which of them each response answers.</param>
    /// <param name="responses">[B].</param>
    /// <param name="tokenIds">[B].</param>
    public RolloutView(StoredRows prompts, int[] rows, string[] responses, int[][] tokenIds)
        : this(prompts, rows, Places(rows), responses, tokenIds)
    {
    }

    private RolloutView(StoredRows prompts, int[] rows, int[] places, string[] responses, int[][] tokenIds)
    {
        (_prompts, _rows, _places, _responses, _tokenIds) = (prompts, rows, places, responses, tokenIds);
        var schema = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column column in prompts.Columns) schema.AddColumn(column.Name, column.Type, column.Annotations);
        schema.AddColumn(ResponseColumnName, TextDataViewType.Instance);
        schema.AddColumn(ResponseTokenIdsColumnName, new VectorDataViewType(NumberDataViewType.Int32));
        Schema = schema.ToSchema();
    }

    /// <summary>B.</summary>
    public int Count => _rows.Length;

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => _rows.Length;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, columnsNeeded);

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded)];

    /// <summary>Names a response in a message: by the row of its prompt and its place among the answers to it.</summary>
    public string Describe(int row) => $"response {_places[row]} to the prompt of row {_rows[row]}";

    /// <summary>Some of the responses, under the same names.</summary>
    public RolloutView Only(int[] rows) => new(_prompts, Pick(_rows, rows), Pick(_places, rows), Pick(_responses, rows), Pick(_tokenIds, rows));

    private static T[] Pick<T>(T[] values, int[] rows) => [.. rows.Select(row => values[row])];

    private static int[] Places(int[] rows)
    {
        int[] places = new int[rows.Length];
        for (int i = 1; i < rows.Length; i++) places[i] = rows[i] == rows[i - 1] ? places[i - 1] + 1 : 0;
        return places;
    }

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly RolloutView _view;
        private readonly HashSet<int> _active;
        private int _row = -1;

        public Cursor(RolloutView view, IEnumerable<DataViewSchema.Column> columns) => (_view, _active) = (view, [.. columns.Select(column => column.Index)]);

        public override DataViewSchema Schema => _view.Schema;

        public override long Position => _row < _view._rows.Length ? _row : -1;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override bool MoveNext() => _row < _view._rows.Length && ++_row < _view._rows.Length;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Row(), 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column)) throw new InvalidOperationException($"Column '{column.Name}' is not active: ask for it when the cursor is made.");
            return CreateGetter(column.Index) as ValueGetter<TValue>
                ?? throw new InvalidOperationException($"Column '{column.Name}' was asked for as '{typeof(TValue)}', expected '{column.Type.RawType}'.");
        }

        private Delegate CreateGetter(int column)
        {
            if (column < _view._prompts.Columns.Count) return _view._prompts.CreateGetter(column, () => _view._rows[Row()]);
            if (column < Schema.Count - 1)
                return (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = _view._responses[Row()].AsMemory());
            return (ValueGetter<VBuffer<int>>)((ref VBuffer<int> value) =>
            {
                int[] ids = _view._tokenIds[Row()];
                var editor = VBufferEditor.Create(ref value, ids.Length);
                ids.CopyTo(editor.Values);
                value = editor.Commit();
            });
        }

        private int Row() => Position >= 0
            ? _row
            : throw new InvalidOperationException(
                "The cursor stands on no row: call MoveNext before reading a value, and read none after it returned false.");
    }
}
