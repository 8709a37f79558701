using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>What a reward sees: the prompt rows, each as often as it was answered, with what GenerateText says of responses appended: Response (text),
/// ResponseTokenIds and FinishReason (text).</summary>
internal sealed class RolloutView : IDataView
{
    private static readonly TextGenerationOptions Names = new();

    private readonly StoredRows _prompts;
    private readonly PromptReader _reader;
    private readonly CausalLanguageModel? _model;
    private readonly Answer[] _answers;

    /// <param name="prompts">The prompt rows.</param>
    /// <param name="reader">How their prompts are read.</param>
    /// <param name="model">Wrote the responses; null = one whose tokenizer is not known.</param>
    /// <param name="responses">[B]: the responses, with the prompt row that each of them answers.</param>
    public RolloutView(StoredRows prompts, PromptReader reader, CausalLanguageModel? model, IEnumerable<(int Row, RolloutResponse Response)> responses)
        : this(prompts, reader, model, Number(responses))
    {
    }

    private RolloutView(StoredRows prompts, PromptReader reader, CausalLanguageModel? model, Answer[] answers)
    {
        (_prompts, _reader, _model, _answers) = (prompts, reader, model, answers);
        var schema = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column column in prompts.Columns) schema.AddColumn(column.Name, column.Type, column.Annotations);
        schema.AddColumn(Names.ResponseColumnName, TextDataViewType.Instance, LanguageModelAnnotation.OfTokenIds(Names.TokenIdsColumnName, reader, model));
        schema.AddColumn(Names.TokenIdsColumnName, new VectorDataViewType(NumberDataViewType.Int32));
        schema.AddColumn(Names.FinishReasonColumnName, TextDataViewType.Instance);
        Schema = schema.ToSchema();
    }

    /// <summary>B.</summary>
    public int Count => _answers.Length;

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => Count;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, columnsNeeded);

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded)];

    /// <summary>Names a response in a message: by the row of its prompt and its place among the answers to it.</summary>
    public string Describe(int row) => $"response {_answers[row].Place} to the prompt of row {_answers[row].Row}";

    /// <summary>Some of the responses, under the same names and ids.</summary>
    public RolloutView Only(int[] rows) => new(_prompts, _reader, _model, [.. rows.Select(row => _answers[row])]);

    private static Answer[] Number(IEnumerable<(int Row, RolloutResponse Response)> responses)
    {
        var answers = new List<Answer>();
        foreach ((int row, RolloutResponse response) in responses)
            answers.Add(new Answer(answers.Count, row, answers is [.., { } last] && last.Row == row ? last.Place + 1 : 0, response));
        return [.. answers];
    }

    /// <summary>One response.</summary>
    /// <param name="Id">Its place in the step.</param>
    /// <param name="Row">The prompt row that it answers.</param>
    /// <param name="Place">Its place among the answers to that.</param>
    /// <param name="Response">The response.</param>
    private sealed record Answer(int Id, int Row, int Place, RolloutResponse Response);

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly RolloutView _view;
        private readonly HashSet<int> _active;
        private int _row = -1;

        public Cursor(RolloutView view, IEnumerable<DataViewSchema.Column> columns) => (_view, _active) = (view, [.. columns.Select(column => column.Index)]);

        public override DataViewSchema Schema => _view.Schema;

        public override long Position => _row < _view.Count ? _row : -1;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override bool MoveNext() => _row < _view.Count && ++_row < _view.Count;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Current.Id, 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column)) throw new InvalidOperationException($"Column '{column.Name}' is not active: ask for it when the cursor is made.");
            return CreateGetter(column.Index) as ValueGetter<TValue>
                ?? throw new InvalidOperationException($"Column '{column.Name}' was asked for as '{typeof(TValue)}', expected '{column.Type.RawType}'.");
        }

        private Delegate CreateGetter(int column)
        {
            return (column - _view._prompts.Columns.Count) switch
            {
                < 0 => _view._prompts.CreateGetter(column, () => Current.Row),
                0 => Text(response => response.Text),
                1 => (ValueGetter<VBuffer<int>>)((ref VBuffer<int> value) =>
                {
                    int[] ids = Current.Response.TokenIds;
                    var editor = VBufferEditor.Create(ref value, ids.Length);
                    ids.CopyTo(editor.Values);
                    value = editor.Commit();
                }),
                _ => Text(response => response.FinishReason.ToString()),
            };
        }

        private ValueGetter<ReadOnlyMemory<char>> Text(Func<RolloutResponse, string> of) =>
            (ref ReadOnlyMemory<char> value) => value = of(Current.Response).AsMemory();

        private Answer Current => Position >= 0
            ? _view._answers[_row]
            : throw new InvalidOperationException(
                "The cursor stands on no row: call MoveNext before reading a value, and read none after it returned false.");
    }
}

/// <summary>What a reward sees of a response.</summary>
internal sealed record RolloutResponse(string Text, int[] TokenIds, FinishReason FinishReason)
{
    /// <summary>Of a response of which only the tokens are known.</summary>
    public static RolloutResponse Of(PolicyOptimizationOptions options, CausalLanguageModel model, int[] tokenIds) =>
        new(options.TextOf(model, tokenIds), tokenIds, options.EndOf(model, tokenIds));
}
