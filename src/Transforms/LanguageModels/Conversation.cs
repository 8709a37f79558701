using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Conversations as JSON: an array of messages, or an object with such an array as <c>messages</c> and, beside it, what chat templates take.</summary>
internal static class Conversation
{
    private static readonly JsonDocumentOptions Unambiguous = new() { AllowDuplicateProperties = false };

    /// <summary>Renders a conversation for the model to answer, or to go on with.</summary>
    /// <param name="template">Writes it.</param>
    /// <param name="json">The conversation.</param>
    /// <param name="clock">Tells the template the time.</param>
    /// <exception cref="FormatException">It is none; the message says what was found.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static string Render(ChatTemplate template, string json, TimeProvider clock)
    {
        using var document = JsonDocument.Parse(json, Unambiguous);
        JsonElement root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array) return template.Render(root, new ChatTemplateOptions { AddGenerationPrompt = true, Clock = clock });
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("it is other JSON");
        if (!root.TryGetProperty("messages", out JsonElement messages) || messages.ValueKind != JsonValueKind.Array)
            throw new FormatException("it is an object without such an array");
        return template.Render(messages, Options(root, addGenerationPrompt: true, otherFields: true) with { Clock = clock });
    }

    /// <summary>Whether a text has the form of one: messages with a role each.</summary>
    public static bool IsOne(string text)
    {
        if (text.AsSpan().TrimStart() is not ['[' or '{', ..]) return false;
        try
        {
            using var document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("messages", out root)) return false;
            return root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 && root.EnumerateArray().All(message =>
                message.ValueKind == JsonValueKind.Object
                && message.TryGetProperty("role", out JsonElement role)
                && role.ValueKind == JsonValueKind.String);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What chat templates take beside the messages. What is null is not there, as in data sets whose rows all have the same fields.</summary>
    /// <param name="conversation">An object.</param>
    /// <param name="addGenerationPrompt">Whether the beginning of an answer follows where the object does not say and does not go on with the last
    /// message.</param>
    /// <param name="otherFields">Whether fields of other names are variables of the template, as those of <c>chat_template_kwargs</c> are.</param>
    /// <exception cref="FormatException">A field is of the wrong kind; the message names it.</exception>
    public static ChatTemplateOptions Options(JsonElement conversation, bool addGenerationPrompt, bool otherFields)
    {
        bool continues = false;
        bool? adds = null;
        JsonElement? tools = null;
        Dictionary<string, object?> variables = [];
        foreach (JsonProperty field in conversation.EnumerateObject())
        {
            bool isNull = field.Value.ValueKind == JsonValueKind.Null;
            switch (field.Name)
            {
                case "messages": break;
                case "continue_final_message": continues = !isNull && Flag(field); break;
                case "add_generation_prompt": adds = isNull ? null : Flag(field); break;
                case "tools": tools = isNull ? null : Of(field, JsonValueKind.Array, "an array of objects"); break;
                case "chat_template_kwargs":
                    if (isNull) break;
                    foreach (JsonProperty variable in Of(field, JsonValueKind.Object, "an object of the template's variables").EnumerateObject())
                        variables[variable.Name] = variable.Value;
                    break;
                default:
                    if (otherFields) variables.TryAdd(field.Name, field.Value);
                    break;
            }
        }
        return new ChatTemplateOptions
        {
            AddGenerationPrompt = adds ?? (addGenerationPrompt && !continues),
            ContinueFinalMessage = continues,
            Tools = tools is { } array ? [.. array.EnumerateArray()] : null,
            Variables = variables,
        };
    }

    private static bool Flag(JsonProperty field) => field.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(field, "true or false"),
    };

    private static JsonElement Of(JsonProperty field, JsonValueKind kind, string expected) =>
        field.Value.ValueKind == kind ? field.Value : throw Wrong(field, expected);

    private static FormatException Wrong(JsonProperty field, string expected) => new($"'{field.Name}' is {field.Value.GetRawText()}, expected {expected}");
}
