using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Reads prompts as token ids: from text, from conversations, or from token ids.</summary>
/// <param name="columnName">The column.</param>
/// <param name="format">What text of it says.</param>
/// <param name="addSpecialTokens">Whether text gets the tokens that the tokenizer puts around it. A conversation never does: its template has written
/// them.</param>
/// <param name="clock">Tells chat templates the time; null = the system's.</param>
internal sealed class PromptReader(string columnName, PromptFormat format, bool addSpecialTokens, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>The column's name.</summary>
    public string ColumnName => columnName;

    /// <summary>What text of it says.</summary>
    public PromptFormat Format => format;

    /// <summary>Whether text gets the tokens that the tokenizer puts around it.</summary>
    public bool AddSpecialTokens => addSpecialTokens;

    /// <summary>Reads as if it were always that time.</summary>
    public PromptReader At(DateTimeOffset time) => new(columnName, format, addSpecialTokens, new StoppedClock(time));

    /// <summary>The column's name and type.</summary>
    public InputColumn Input => format == PromptFormat.Messages
        ? InputColumn.Scalar(columnName, TextDataViewType.Instance)
        : InputColumn.TextOrTokenIds(columnName);

    /// <summary>Checks that a model can read the column.</summary>
    /// <exception cref="InvalidOperationException">The model lacks a tokenizer or a chat template.</exception>
    public void Require(IExceptionContext context, CausalLanguageModel model, bool isText)
    {
        TokenIds.RequireTokenizer(context, model, columnName, isText);
        if (format == PromptFormat.Messages && !model.HasChatTemplate)
            throw context.Process(new InvalidOperationException(
                $"Column '{columnName}' holds conversations (PromptFormat Messages), and the language model came without a chat template: give it prompts as text, or a model with a template."));
    }

    /// <summary>Prepares reading the column of a cursor's rows; the function it returns reads the current one.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="column">The column.</param>
    /// <param name="model">Its tokenizer and its chat template read text.</param>
    /// <param name="rowsPerPrompt">Rows that stand for one of the user's, one after the other: an error names the user's.</param>
    /// <param name="notes">Are told what text is read; null = nobody.</param>
    public Func<int[]> Open(DataViewRow row, DataViewSchema.Column column, CausalLanguageModel model, int rowsPerPrompt = 1, TextNotes? notes = null)
    {
        if (format != PromptFormat.Messages) return Plain(row, column, model, rowsPerPrompt, notes);
        Func<string> text = row.Text(column);
        return () =>
        {
            string json = text();
            long place = row.Position / rowsPerPrompt;
            return TokenIds.Read(place, columnName, () =>
            {
                string rendered = Render(model.ChatTemplate, json, _clock);
                int[] ids = model.Tokenizer.Encode(rendered, addSpecialTokens: false);
                notes?.Encoded(place, rendered, ids);
                return ids;
            });
        };
    }

    private Func<int[]> Plain(DataViewRow row, DataViewSchema.Column column, CausalLanguageModel model, int rowsPerPrompt, TextNotes? notes)
    {
        Func<int[]> read = TokenIds.Reader(row, column, model, addSpecialTokens, rowsPerPrompt, notes);
        if (notes is null || column.Type is not TextDataViewType) return read;
        Func<string> text = row.Text(column);
        return () =>
        {
            if (notes.IsFirstPrompt() && Conversation.IsOne(text())) notes.WarnOfConversation(columnName);
            return read();
        };
    }

    private static string Render(ChatTemplate template, string json, TimeProvider clock)
    {
        try
        {
            return Conversation.Render(template, json, clock);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new ArgumentException(
                $"it holds no conversation: expected a JSON array of messages, or an object with such an array as 'messages', but {JsonErrors.DescribeLine(exception).TrimEnd('.')}.",
                exception);
        }
    }
}
