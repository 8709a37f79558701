using System.Text.Json;
using System.Text.Json.Nodes;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>A line of input.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Fields">The JSON object.</param>
internal sealed record InputRow(long Line, JsonObject Fields)
{
    private static readonly JsonDocumentOptions Unambiguous = new() { AllowDuplicateProperties = false };

    /// <summary>The lines that hold rows, with their numbers, as they are asked for.</summary>
    public static IEnumerable<(long Number, string Text)> Lines(TextReader reader)
    {
        for (long number = 1; reader.ReadLine() is { } line; number++)
            if (!string.IsNullOrWhiteSpace(line)) yield return (number, line);
    }

    /// <summary>What the rows of a file hold, as they are asked for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="take">Takes it from a row.</param>
    /// <exception cref="InvalidDataException">A row is bad; the message names its line.</exception>
    public static IEnumerable<T> Read<T>(string path, Func<InputRow, T> take)
    {
        using var reader = new StreamReader(path);
        foreach ((long number, string line) in Lines(reader)) yield return Take(number, line);

        T Take(long number, string line)
        {
            try
            {
                return take(Parse(number, line));
            }
            catch (Exception exception) when (exception is RowException or JsonException)
            {
                throw new InvalidDataException($"'{path}', line {number}: {JsonErrors.DescribeLine(exception)}", exception);
            }
        }
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="RowException">It is no JSON object.</exception>
    /// <exception cref="JsonException">It is no JSON, or has a name twice.</exception>
    public static InputRow Parse(long number, string line) =>
        new(number, JsonNode.Parse(line, documentOptions: Unambiguous) as JsonObject ?? throw new RowException("The line is no JSON object."));

    /// <summary>Whether it is what a command wrote in the place of a bad row.</summary>
    public bool IsError => Fields.Count == 2 && Has("line") && Has("error");

    public bool Has(string name) => Fields[name] is not null;

    /// <exception cref="RowException">It is missing or no text.</exception>
    public string Text(string name) => Require(name, "text") is JsonValue value && value.TryGetValue(out string? text) ? text : throw Wrong(name, "text");

    /// <summary>Text as it is, a number as it is written.</summary>
    /// <exception cref="RowException">It is missing or neither.</exception>
    public string TextOrNumber(string name) => Require(name, "text or a number") is JsonValue value
        ? value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.Number => value.ToJsonString(),
            _ => throw Wrong(name, "text or a number"),
        }
        : throw Wrong(name, "text or a number");

    /// <exception cref="RowException">It is missing or no number.</exception>
    public double Number(string name) => Require(name, "a number") is JsonValue value && value.TryGetValue(out double number)
        ? number
        : throw Wrong(name, "a number");

    /// <exception cref="RowException">It is missing or no array of whole numbers.</exception>
    public int[] Integers(string name) => Values<int>(name, "an array of whole numbers");

    /// <exception cref="RowException">It is missing or no array of numbers.</exception>
    public double[] Numbers(string name) => Values<double>(name, "an array of numbers");

    /// <summary>The conversation.</summary>
    /// <exception cref="RowException">It is missing or no array.</exception>
    public JsonElement Messages() => Require("messages", "an array of messages") is JsonArray messages
        ? JsonSerializer.SerializeToElement(messages)
        : throw Wrong("messages", "an array of messages");

    /// <summary>A conversation as JSON text, and what its last message says, for people.</summary>
    /// <exception cref="RowException">It is missing, or no array of messages or object with one.</exception>
    public (string Json, string Title) Conversation(string name)
    {
        const string kind = "an array of messages, or an object with such an array as 'messages'";
        JsonNode found = Require(name, kind);
        JsonArray messages = found as JsonArray ?? (found as JsonObject)?["messages"] as JsonArray ?? throw Wrong(name, kind);
        string json = JsonText.Line(found);
        return (json, messages is [.., JsonObject last] && last["content"] is JsonValue said && said.TryGetValue(out string? text) ? text : json);
    }

    /// <summary>What chat templates take beside the messages: tools, add_generation_prompt, continue_final_message, chat_template_kwargs.</summary>
    /// <exception cref="RowException">One of them is of the wrong kind.</exception>
    public ChatTemplateOptions ChatOptions(bool addGenerationPrompt)
    {
        try
        {
            return Transforms.Conversation.Options(JsonSerializer.SerializeToElement(Fields), addGenerationPrompt, otherFields: false);
        }
        catch (FormatException exception)
        {
            throw new RowException(exception.Message + ".");
        }
    }

    /// <summary>The prompt as token ids: from prompt_ids, messages through the model's template, or prompt.</summary>
    /// <exception cref="RowException">The row has none of them.</exception>
    public int[] Prompt(CausalLanguageModel model)
    {
        if (Has("prompt_ids")) return Integers("prompt_ids");
        if (Has("messages"))
            return model.Tokenizer.Encode(
                model.ChatTemplate.Render(Messages(), ChatOptions(addGenerationPrompt: true)), addSpecialTokens: false);
        return Has("prompt") ? model.Tokenizer.Encode(Text("prompt")) : throw new RowException("The row has none of 'prompt', 'prompt_ids' and 'messages'.");
    }

    /// <summary>The row with more fields, to be written.</summary>
    public JsonObject With(params IEnumerable<(string Name, JsonNode? Value)> more)
    {
        JsonObject row = (JsonObject)Fields.DeepClone();
        foreach ((string name, JsonNode? value) in more) row[name] = value;
        return row;
    }

    private T[] Values<T>(string name, string kind) where T : struct => Require(name, kind) is JsonArray array
        ? [.. array.Select(item => item is JsonValue value && value.TryGetValue(out T number) ? number : throw Wrong(name, kind))]
        : throw Wrong(name, kind);

    private JsonNode Require(string name, string kind) => Fields[name] ?? throw new RowException($"The row has no '{name}', expected {kind}.");

    private static RowException Wrong(string name, string kind) => new($"'{name}' is not {kind}.");
}
