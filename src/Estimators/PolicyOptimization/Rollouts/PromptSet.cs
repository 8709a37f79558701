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
    private readonly CausalLanguageModel _model;

    private PromptSet(StoredRows rows, int[][] tokenIds, CausalLanguageModel model) => (_rows, TokenIds, _model) = (rows, tokenIds, model);

    /// <summary>Prompts.</summary>
    public int Count => TokenIds.Length;

    /// <summary>The token ids of each prompt.</summary>
    public int[][] TokenIds { get; }

    /// <summary>Reads and checks all prompts.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="data">The rows.</param>
    /// <param name="model">Gives the tokenizer, the vocabulary and the length of the context.</param>
    /// <param name="options">The prompt column and the length of responses.</param>
    /// <exception cref="ArgumentException">There are no rows, the column is missing or of another type, or a prompt is empty, too long or holds an unknown id; the message names column or row.</exception>
    public static PromptSet Read(IExceptionContext context, IDataView data, CausalLanguageModel model, PolicyOptimizationOptions options)
    {
        DataViewSchema.Column column = InputColumn.TextOrTokenIds(options.PromptColumnName).Find(context, data.Schema);
        Transforms.TokenIds.RequireTokenizer(context, model, column.Name, isText: column.Type is TextDataViewType);
        var tokenIds = new List<int[]>();
        StoredRows rows = StoredRows.Read(data, row =>
        {
            Func<int[]> read = Transforms.TokenIds.Reader(row, column, model, addSpecialTokens: true);
            return () => tokenIds.Add(read());
        });
        if (rows.Count == 0) throw context.Process(new ArgumentException("The data has no rows, expected at least one prompt.", nameof(data)));
        for (int row = 0; row < tokenIds.Count; row++)
            SequenceCheck.Prompt(model.Config, tokenIds[row], options.MaxNewTokens, row);
        return new PromptSet(rows, [.. tokenIds], model);
    }

    /// <summary>What the reward sees.</summary>
    /// <param name="rows">[P]: the prompt rows.</param>
    /// <param name="samples">[B]: responses to them.</param>
    public RolloutView Rollouts(int[] rows, IReadOnlyList<GeneratedSequence> samples) => Rollouts([.. samples.Select(sample => rows[sample.PromptIndex])], [.. samples.Select(sample => sample.TokenIds)]);

    /// <summary>What the reward sees.</summary>
    /// <param name="rows">[B]: the prompt row that each response answers.</param>
    /// <param name="tokenIds">[B]: the responses.</param>
    public RolloutView Rollouts(int[] rows, int[][] tokenIds) => new(_rows, rows, [.. tokenIds.Select(ids => TokenText.Join(_model, ids))], tokenIds);
}
