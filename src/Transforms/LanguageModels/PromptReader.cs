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
internal sealed class PromptReader(string columnName, PromptFormat format, bool addSpecialTokens)
{
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
    public Func<int[]> Open(DataViewRow row, DataViewSchema.Column column, CausalLanguageModel model)
    {
        if (format != PromptFormat.Messages) return TokenIds.Reader(row, column, model, addSpecialTokens);
        Func<string> text = row.Text(column);
        return () => model.Tokenizer.Encode(Render(model.ChatTemplate, text(), row.Position), addSpecialTokens: false);
    }

    private string Render(ChatTemplate template, string json, long row)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array) return template.Render(root, new ChatTemplateOptions { AddGenerationPrompt = true });
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("messages", out JsonElement messages)
                && messages.ValueKind == JsonValueKind.Array)
                return template.Render(messages, Options(root));
        }
        catch (JsonException exception)
        {
            throw Malformed(row, exception.Message, exception);
        }
        throw Malformed(row, "it is other JSON", inner: null);
    }

    private static ChatTemplateOptions Options(JsonElement conversation)
    {
        bool continues = conversation.TryGetProperty("continue_final_message", out JsonElement goesOn) && goesOn.ValueKind == JsonValueKind.True;
        return new ChatTemplateOptions
        {
            AddGenerationPrompt = !continues,
            ContinueFinalMessage = continues,
            Tools = conversation.TryGetProperty("tools", out JsonElement tools) && tools.ValueKind == JsonValueKind.Array ? [.. tools.EnumerateArray()] : null,
            Variables = conversation.EnumerateObject()
                .Where(field => field.Name is not ("messages" or "tools" or "continue_final_message"))
                .ToDictionary(field => field.Name, field => (object?)field.Value),
        };
    }

    private ArgumentException Malformed(long row, string found, Exception? inner) =>
        new(
            $"Row {row}: column '{columnName}' holds no conversation: expected a JSON array of messages, or an object with such an array as 'messages', but {found}.",
            inner);
}
