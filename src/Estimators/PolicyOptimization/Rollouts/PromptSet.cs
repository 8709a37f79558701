using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>The prompts of a data view as token ids, with all their other columns for the reward.</summary>
internal sealed class PromptSet
{
    private readonly StoredRows _rows;
    private readonly PromptReader _reader;
    private readonly CausalLanguageModel _model;
    private readonly Func<int[], RolloutResponse> _respond;

    private PromptSet(StoredRows rows, PromptReader reader, int[][] tokenIds, CausalLanguageModel model, Func<int[], RolloutResponse> respond) =>
        (_rows, _reader, TokenIds, _model, _respond) = (rows, reader, tokenIds, model, respond);

    /// <summary>Prompts.</summary>
    public int Count => TokenIds.Length;

    /// <summary>The token ids of each prompt.</summary>
    public int[][] TokenIds { get; }

    /// <summary>Tells these rows from others, by the prompts' tokens and all that the reward can read.</summary>
    public string Fingerprint() => DataFingerprint.Of(Enumerable.Range(0, Count), (row, hash) =>
    {
        hash.Add(TokenIds[row]);
        foreach (string text in _rows.Texts(row)) hash.Add(text);
    });

    /// <summary>Reads and checks all prompts.</summary>
    /// <param name="host">Marks errors as ML.NET does, and is warned of prompts that are hardly meant as they are read.</param>
    /// <param name="data">The rows.</param>
    /// <param name="model">Gives the tokenizer, the vocabulary and the length of the context.</param>
    /// <param name="options">The prompt column, the length of responses and what ends them.</param>
    /// <param name="started">The time that chat templates tell.</param>
    /// <exception cref="ArgumentException">There are no rows, the column is missing or of another type, or a prompt is empty, too long or holds an unknown id;
    /// the message names column or row.</exception>
    public static PromptSet Read(
        IHost host, IDataView data, CausalLanguageModel model, PolicyOptimizationOptions options, DateTimeOffset started)
    {
        PromptReader reader = options.Prompts.At(started);
        DataViewSchema.Column column = reader.Input.Find(host, data.Schema);
        reader.Require(host, model, isText: column.Type is TextDataViewType);
        RequireOneVocabulary(host, model);
        var notes = new TextNotes(host, model);
        var tokenIds = new List<int[]>();
        StoredRows rows = StoredRows.Read(data, row =>
        {
            Func<int[]> read = reader.Open(row, column, model, notes: notes);
            return () => tokenIds.Add(read());
        });
        if (rows.Count == 0) throw host.Process(new ArgumentException("The data has no rows, expected at least one prompt.", nameof(data)));
        for (int row = 0; row < tokenIds.Count; row++)
            SequenceCheck.Prompt(model.Config, tokenIds[row], options.MaxNewTokens, row);
        notes.WarnOfUnknown(rows.Count, "prompts");
        return new PromptSet(rows, reader, [.. tokenIds], model, ids => RolloutResponse.Of(options, model, ids));
    }

    /// <summary>What the reward sees.</summary>
    /// <param name="rows">[P]: the prompt rows.</param>
    /// <param name="samples">[B]: responses to them.</param>
    public RolloutView Rollouts(int[] rows, IReadOnlyList<GeneratedSequence> samples) => new(
        _rows,
        _reader,
        _model,
        samples.Select(sample => (
            rows[sample.PromptIndex],
            sample.Text is { } text ? new RolloutResponse(text, sample.TokenIds, sample.FinishReason) : _respond(sample.TokenIds))));

    /// <summary>What the reward sees.</summary>
    /// <param name="rows">[B]: the prompt row that each response answers.</param>
    /// <param name="tokenIds">[B]: the responses.</param>
    public RolloutView Rollouts(int[] rows, int[][] tokenIds) => new(_rows, _reader, _model, rows.Zip(tokenIds, (row, ids) => (row, _respond(ids))));

    /// <summary>Checks that the model has a place for every token of its tokenizer, before hours of training meet one that it has not.</summary>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    internal static void RequireOneVocabulary(IExceptionContext context, CausalLanguageModel model)
    {
        if (model.HasTokenizer && model.Tokenizer.VocabularySize > model.Config.VocabularySize)
            throw context.Process(new InvalidOperationException(
                $"The tokenizer has {model.Tokenizer.VocabularySize} tokens, and the model's embedding {model.Config.VocabularySize}: they do not belong together. Use the tokenizer.json that came with the model."));
    }
}
