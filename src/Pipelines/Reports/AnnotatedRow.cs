using System.Text.Json;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>A line of annotated JSON, as <c>mlnetattn annotate</c> writes it, read as a trace.</summary>
/// <remarks>
/// Needed: <c>tokens</c>. Read where they are there: <c>prompt</c> or <c>prompt_tokens</c>, <c>title</c> or <c>id</c>, <c>variant</c>, <c>token_ids</c>,
/// <c>waad</c>, <c>fai</c>, <c>receiver_fai</c>, <c>entropy</c>,
/// <c>log_probs</c>, <c>credit</c> (numbers, null = undefined), <c>role</c> (names of <see cref="TokenRoles"/>), <c>local_heads</c> and <c>global_heads</c>
/// (pairs of layer and head), <c>prompt_ids</c> (for their number), and what <see cref="ReportOutcome.Read"/> reads. The rest is passed over. A row without
/// a prompt shows what the last of its <c>messages</c> says, and belongs to the prompt of rows with the same <c>id</c>, else <c>title</c>, else
/// <c>messages</c>, else <c>prompt_ids</c>.
/// </remarks>
public static class AnnotatedRow
{
    /// <summary>Reads a line.</summary>
    /// <param name="json">The line: a JSON object.</param>
    /// <param name="variant">Which model wrote the response, unless the row says so itself; null = the only one.</param>
    /// <exception cref="FormatException">It is no JSON object, has no tokens, or a field is not what it should be; the message names the field.</exception>
    public static ReportTrace Parse(string json, string? variant = null)
    {
        using JsonDocument document = Open(json);
        JsonElement row = document.RootElement;
        if (row.ValueKind != JsonValueKind.Object) throw new FormatException($"The row is {row.ValueKind}, expected a JSON object.");
        string[]? promptTokens = Array(row, "prompt_tokens", Text);
        string? prompt = Scalar(row, "prompt");
        HeadIndex[]? local = Heads(row, "local_heads"), global = Heads(row, "global_heads");
        var trace = new ReportTrace
        {
            Title = Scalar(row, "title") ?? Scalar(row, "id"),
            Variant = Scalar(row, "variant") ?? variant,
            Outcome = ReportOutcome.Read(row),
            PromptTokens = promptTokens ?? ((prompt ?? LastMessage(row)) is { } text ? [text] : []),
            PromptKey = promptTokens is null && prompt is null ? Key(row) : null,
            PromptLength = promptTokens?.Length ?? Array(row, "prompt_ids", Integer)?.Length,
            ResponseTokens = Array(row, "tokens", Text) ?? throw new FormatException("The row has no 'tokens'. Is it a line of annotate's output?"),
            TokenIds = Array(row, "token_ids", Integer),
            Waad = Array(row, "waad", Number),
            Fai = Array(row, "fai", Number),
            ReceiverFai = Array(row, "receiver_fai", Number),
            Entropy = Array(row, "entropy", Number),
            LogProbability = Array(row, "log_probs", Number),
            Credit = Array(row, "credit", Number),
            Roles = Array(row, "role", Role),
            Groups = local is null || global is null ? null : new HeadGroups(local, global),
        };
        try
        {
            trace.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
        return trace;
    }

    /// <summary>What tells the prompt of a row from others where the row does not have it as text.</summary>
    private static string? Key(JsonElement row)
    {
        return Scalar(row, "id") ?? Scalar(row, "title") ?? Content("messages") ?? Content("prompt_ids");

        // However the row is laid out.
        string? Content(string name) =>
            row.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? JsonSerializer.Serialize(value) : null;
    }

    /// <summary>What the last message of a conversation says, in one text or in parts.</summary>
    private static string? LastMessage(JsonElement row)
    {
        if (!row.TryGetProperty("messages", out JsonElement messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0
            || Member(messages[messages.GetArrayLength() - 1], "content") is not { } content)
            return null;
        return content.ValueKind != JsonValueKind.Array ? Text(content) : string.Concat(content.EnumerateArray()
            .Select(part => Member(part, "text") is { } text ? Text(text) : null));

        static JsonElement? Member(JsonElement from, string name) =>
            from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out JsonElement value) ? value : null;
    }

    private static JsonDocument Open(string json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The row is no JSON: {JsonErrors.DescribeLine(exception)}", exception);
        }
    }

    private static string? Scalar(JsonElement row, string name) => !row.TryGetProperty(name, out JsonElement value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Null => null,
        _ => throw new FormatException($"'{name}' is {value.ValueKind}, expected text."),
    };

    private static T[]? Array<T>(JsonElement row, string name, Func<JsonElement, T?> read)
        where T : notnull
    {
        if (!row.TryGetProperty(name, out JsonElement values) || values.ValueKind == JsonValueKind.Null) return null;
        if (values.ValueKind != JsonValueKind.Array) throw new FormatException($"'{name}' is {values.ValueKind}, expected an array.");
        return [.. values.EnumerateArray().Select((value, i) =>
            read(value) is { } item
                ? item
                : throw new FormatException($"'{name}' has {value.GetRawText()} at {i}, which is no value of it."))];
    }

    private static HeadIndex[]? Heads(JsonElement row, string name) => Array(row, name, pair =>
        pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && Integer(pair[0]) is var layer and >= 0 && Integer(pair[1]) is var head and >= 0
            ? new HeadIndex(layer, head)
            : throw new FormatException($"'{name}' has {pair.GetRawText()}, expected pairs of layer and head such as [3, 0]."));

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int Integer(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw new FormatException($"{value.GetRawText()} is no whole number.");

    private static float Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetSingle(),
        JsonValueKind.Null => float.NaN,
        _ => throw new FormatException($"{value.GetRawText()} is neither a number nor null."),
    };

    private static TokenRoles Role(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Enum.TryParse(value.GetString(), ignoreCase: true, out TokenRoles role)
            ? role
            : throw new FormatException($"{value.GetRawText()} is no role, expected one of {string.Join(", ", Enum.GetNames<TokenRoles>())}.");
}
