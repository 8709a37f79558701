using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Token ids of a column that holds them, or holds text.</summary>
internal static class TokenIds
{
    /// <summary>The column to read for a response: for text that came with its token ids, the column of the ids, unless they are another
    /// tokenizer's.</summary>
    /// <param name="host">Is warned where that column is gone.</param>
    /// <param name="model">Is to read it.</param>
    /// <param name="schema">The columns there are.</param>
    /// <param name="column">The response.</param>
    public static DataViewSchema.Column Resolve(IHost host, CausalLanguageModel model, DataViewSchema schema, DataViewSchema.Column column)
    {
        if (column.Type is not TextDataViewType
            || LanguageModelAnnotation.TokenIdsColumnName(column) is not { } name
            || LanguageModelAnnotation.HasForeignIds(column, model))
            return column;
        if (schema.GetColumnOrNull(name) is { Type: VectorDataViewType { ItemType: NumberDataViewType item } } ids
            && item == NumberDataViewType.Int32)
            return ids;
        using IChannel channel = host.Start("Schema");
        channel.Warning(
            MessageSensitivity.Schema,
            "Column '{0}' came with its token ids in column '{1}', which is gone: the text is tokenized again, which need not give the same tokens.",
            column.Name,
            name);
        return column;
    }

    /// <summary>Checks that a model can read a column.</summary>
    /// <exception cref="InvalidOperationException">The column is text and the model has no tokenizer.</exception>
    public static void RequireTokenizer(IExceptionContext context, CausalLanguageModel model, string column, bool isText)
    {
        if (isText && !model.HasTokenizer)
            throw context.Process(new InvalidOperationException(
                $"Column '{column}' is text, and the language model came without a tokenizer.json: give it token ids as Vector<Int32>, or a model with a tokenizer."));
    }

    /// <summary>Reads the token ids of the current row.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="column">Text or token ids.</param>
    /// <param name="model">Its tokenizer reads text.</param>
    /// <param name="addSpecialTokens">Whether text gets the tokens that the tokenizer puts around it: prompts do, responses don't.</param>
    /// <param name="rowsPerPrompt">Rows that stand for one of the user's, one after the other: an error names the user's.</param>
    /// <param name="notes">Are told what text is read; null = nobody.</param>
    public static Func<int[]> Reader(
        DataViewRow row, DataViewSchema.Column column, CausalLanguageModel model, bool addSpecialTokens, int rowsPerPrompt = 1, TextNotes? notes = null)
    {
        if (column.Type is VectorDataViewType) return row.Vector<int>(column);
        Func<string> text = row.Text(column);
        return () =>
        {
            string value = text();
            long place = row.Position / rowsPerPrompt;
            int[] ids = Read(place, column.Name, () => model.Tokenizer.Encode(value, addSpecialTokens));
            notes?.Encoded(place, value, ids);
            return ids;
        };
    }

    /// <summary>Makes token ids of a text.</summary>
    /// <param name="row">The text's row, for people.</param>
    /// <param name="column">Its column.</param>
    /// <param name="encode">Does it.</param>
    /// <exception cref="ArgumentException">Template or tokenizer refuse the text; the message names row and column.</exception>
    public static int[] Read(long row, string column, Func<int[]> encode)
    {
        try
        {
            return encode();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidDataException or NotSupportedException)
        {
            throw new ArgumentException(FormattableString.Invariant($"Row {row}: column '{column}': {exception.Message}"), exception);
        }
    }
}
