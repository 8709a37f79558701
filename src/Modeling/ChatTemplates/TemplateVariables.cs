using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling;

/// <summary>Turns what callers pass into values of a template, and counts its characters.</summary>
internal sealed class TemplateVariables
{
    private const int MaximumDepth = 100;

    private readonly Dictionary<string, JinjaValue> _values = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, JinjaValue>> Values => _values;

    /// <summary>The characters of all texts, and a few for everything else.</summary>
    public long Size { get; private set; }

    public void Set(string name, JinjaValue value) => _values[name] = value;

    /// <exception cref="ArgumentException">A value is of a type that templates do not have, no valid Unicode, or nested too deep; named.</exception>
    public void Set(string name, object? value) => Set(name, Convert(value, name));

    /// <summary>The messages of a conversation.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Set(string, object)"/>, or a message is null or gives a field twice.</exception>
    public JinjaList Convert(IReadOnlyList<ChatMessage> messages) => new([.. messages.Select((message, index) => Convert(message, $"messages[{index}]"))]);

    /// <inheritdoc cref="Convert(IReadOnlyList{ChatMessage})"/>
    public JinjaList Convert(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
            throw new ArgumentException($"messages is JSON of the kind {messages.ValueKind}, expected a list of objects.", nameof(messages));
        if (messages.EnumerateArray().Any(message => message.ValueKind != JsonValueKind.Object))
            throw new ArgumentException("messages holds not only JSON objects, expected a list of them.", nameof(messages));
        return (JinjaList)Convert(messages, nameof(messages));
    }

    private JinjaDictionary Convert(ChatMessage? message, string name)
    {
        if (message is null)
            throw new ArgumentException($"{name} is null, expected a message.");
        JinjaDictionary fields = new();
        fields.Set("role", Convert(message.Role, $"{name}.{nameof(ChatMessage.Role)}"));
        fields.Set("content", Convert(message.Content, $"{name}.{nameof(ChatMessage.Content)}"));
        foreach ((string field, object? value) in message.Fields)
        {
            if (field is "role" or "content")
                throw new ArgumentException(
                    $"{name}.{nameof(ChatMessage.Fields)} holds '{field}', expected it in the property of that name; pass JSON for contents that are no text.");
            fields.Set(field, Convert(value, $"{name}.{nameof(ChatMessage.Fields)}[{field}]"));
        }
        return fields;
    }

    private JinjaValue Convert(object? value, string name, int depth = 0)
    {
        if (depth > MaximumDepth)
            throw TooDeep(name);
        Size += JinjaState.ItemSpace;
        return value switch
        {
            null => JinjaNone.Instance,
            JinjaValue converted => converted,
            string text => Text(text),
            bool flag => JinjaBoolean.Of(flag),
            JsonElement json => Convert(json, name, depth),
            JsonDocument document => Convert(document.RootElement, name, depth),
            JsonNode node => Convert(JsonSerializer.SerializeToElement(node), name, depth),
            double or float or Half => new JinjaFloat(System.Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            BigInteger number => new JinjaInteger(number),
            sbyte or byte or short or ushort or int or uint or long => new JinjaInteger(System.Convert.ToInt64(value, CultureInfo.InvariantCulture)),
            ulong number => new JinjaInteger(number),
            IEnumerable<KeyValuePair<string, object?>> entries => Convert(entries, name, depth),
            IDictionary entries => Convert(
                entries.Cast<DictionaryEntry>().Select(entry => KeyValuePair.Create(
                    entry.Key as string ?? throw new ArgumentException($"'{name}' has a key of type {entry.Key.GetType()}, expected texts.", name),
                    entry.Value)),
                name,
                depth),
            IEnumerable items => new JinjaList([.. items.Cast<object?>().Select((item, index) => Convert(item, $"{name}[{index}]", depth + 1))]),
            _ => throw new ArgumentException(
                $"'{name}' is of type {value.GetType()}, which templates do not have: expected null, text, a number, a boolean, a dictionary, a list or JSON.",
                name),
        };
    }

    private JinjaDictionary Convert(IEnumerable<KeyValuePair<string, object?>> entries, string name, int depth)
    {
        JinjaDictionary dictionary = new();
        foreach ((string key, object? value) in entries)
            dictionary.Set(Text(key), Convert(value, $"{name}.{key}", depth + 1));
        return dictionary;
    }

    private JinjaValue Convert(JsonElement json, string name, int depth)
    {
        if (depth > MaximumDepth)
            throw TooDeep(name);
        Size += JinjaState.ItemSpace;
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                JinjaDictionary dictionary = new();
                foreach (JsonProperty property in json.EnumerateObject())
                    dictionary.Set(Text(ReadText(() => property.Name, name)), Convert(property.Value, name, depth + 1));
                return dictionary;
            case JsonValueKind.Array:
                return new JinjaList([.. json.EnumerateArray().Select(item => Convert(item, name, depth + 1))]);
            case JsonValueKind.String:
                return Text(ReadText(() => json.GetString()!, name));
            case JsonValueKind.Number:
                return Number(json.GetRawText(), name);
            case JsonValueKind.True or JsonValueKind.False:
                return JinjaBoolean.Of(json.GetBoolean());
            case JsonValueKind.Null:
                return JinjaNone.Instance;
            default:
                throw new ArgumentException($"'{name}' is a JSON element without a value.", name);
        }
    }

    private static ArgumentException TooDeep(string name) => new($"'{name}' is nested more than {MaximumDepth} deep.", name);

    private JinjaText Text(string text)
    {
        Size += text.Length;
        return new JinjaText(text);
    }

    private static string ReadText(Func<string> read, string name)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException exception)
        {
            throw new ArgumentException($"'{name}' holds a text that is no valid Unicode.", name, exception);
        }
    }

    /// <summary>A number as Python reads it from JSON: an integer unless it has a point or exponent.</summary>
    private static JinjaNumber Number(string digits, string name)
    {
        if (digits.AsSpan().ContainsAny('.', 'e', 'E'))
            return new JinjaFloat(double.Parse(digits, CultureInfo.InvariantCulture));
        return digits.Length <= JinjaInteger.MaximumDigits ? new JinjaInteger(BigInteger.Parse(digits, CultureInfo.InvariantCulture))
            : throw new ArgumentException($"'{name}' holds an integer of more than {JinjaInteger.MaximumDigits} digits.", name);
    }
}
