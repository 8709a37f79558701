using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Reads prompt and response of rows as token ids, and refuses what the model cannot analyse, by row.</summary>
internal sealed class SequenceReader
{
    private readonly CausalLanguageModel _model;
    private readonly PromptReader _prompts;
    private readonly DataViewSchema.Column _prompt;
    private readonly DataViewSchema.Column _response;

    /// <param name="host">Marks errors as ML.NET does.</param>
    /// <param name="model">The model that will analyse them.</param>
    /// <param name="schema">The rows' schema.</param>
    /// <param name="options">The columns' names and, where it is not to be as the response's column says, how prompts are read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidOperationException">A column is text and the model has no tokenizer, or holds conversations and it has no chat
    /// template.</exception>
    public SequenceReader(IHost host, CausalLanguageModel model, DataViewSchema schema, AttentionRhythmOptions options)
    {
        DataViewSchema.Column response = InputColumn.TextOrTokenIds(options.ResponseColumnName).Find(host, schema);
        (_model, _prompts) = (model, options.ReadingLike(response).Prompts);
        _prompt = _prompts.Input.Find(host, schema);
        _response = TokenIds.Resolve(host, model, schema, response);
        _prompts.Require(host, model, isText: _prompt.Type is TextDataViewType);
        TokenIds.RequireTokenizer(host, model, _response.Name, isText: _response.Type is TextDataViewType);
    }

    /// <summary>The columns that are read.</summary>
    public IReadOnlyList<DataViewSchema.Column> Columns => [_prompt, _response];

    /// <summary>Prepares reading a cursor's rows; the function it returns reads the current one. A response may be empty, a prompt may not.</summary>
    public Func<TokenSequence> Open(DataViewRow row) => Open(row, notes: null);

    /// <inheritdoc cref="Open(DataViewRow)"/>
    /// <param name="row">The cursor.</param>
    /// <param name="notes">Are told what prompts are read; null = nobody.</param>
    public Func<TokenSequence> Open(DataViewRow row, TextNotes? notes)
    {
        Func<int[]> prompt = _prompts.Open(row, _prompt, _model, notes: notes),
            response = TokenIds.Reader(row, _response, _model, addSpecialTokens: false);
        return () =>
        {
            var sequence = new TokenSequence(prompt(), response());
            if (sequence.ResponseIds.Length == 0) SequenceCheck.PromptAlone(_model.Config, sequence.PromptIds, (int)row.Position);
            else SequenceCheck.Sequence(_model.Config, sequence, (int)row.Position);
            return sequence;
        };
    }
}
