using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace MLNetAttn.Modeling;

/// <summary>The fields of one JSON object, read with messages that name the file, the field and what was found.</summary>
internal readonly struct JsonFields
{
    private readonly JsonElement _object;
    private readonly string _location;
    private readonly string _path;

    private JsonFields(JsonElement element, string location, string path) => (_object, _location, _path) = (element, location, path);

    /// <summary>The object itself.</summary>
    public JsonElement Element => _object;

    /// <summary>Parses a file that holds one JSON object.</summary>
    /// <exception cref="InvalidDataException">It does not, is no valid Unicode, or a key occurs twice.</exception>
    public static JsonFields Parse(ReadOnlySpan<byte> json, string location)
    {
        if (!Utf8.IsValid(json))
            throw new InvalidDataException($"{location}: the file is no valid UTF-8.");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object
                ? new JsonFields(root, location, "")
                : throw new InvalidDataException($"{location}: the file holds {Describe(root)}; expected a JSON object.");
        }
        // InvalidOperationException is what half a surrogate pair in a key raises.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{location}: the file is no valid JSON: {JsonErrors.Describe(exception)}", exception);
        }
    }

    /// <summary>Whether the key is there, whatever its value.</summary>
    public bool Has(string key) => _object.TryGetProperty(key, out _);

    /// <summary>Whether the key is there with a value other than null.</summary>
    public bool IsSet(string key) => Find(key) is not null;

    /// <summary>The object under a key, or null if the key is absent or null.</summary>
    public JsonFields? Object(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new JsonFields(value, _location, $"{_path}{key}."),
        { } value => throw Expected(key, value, "an object"),
    };

    /// <summary>The list of objects under a key, or null if the key is absent or null.</summary>
    public JsonFields[]? Objects(string key)
    {
        JsonFields self = this;
        return Find(key) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select((value, index) => value.ValueKind == JsonValueKind.Object
                ? new JsonFields(value, self._location, $"{self._path}{key}[{index}].")
                : throw self.Expected($"{key}[{index}]", value, "an object"))],
            { } value => throw Expected(key, value, "a list of objects"),
        };
    }

    /// <summary>The text under a key, or null if the key is absent or null.</summary>
    public string? Text(string key) => Find(key) is { } value ? TextOf(key, value) : null;

    /// <summary>The list of texts under a key, or null if the key is absent or null.</summary>
    public string[]? Texts(string key)
    {
        JsonFields self = this;
        return Find(key) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(value => self.TextOf(key, value))],
            { } value => throw Expected(key, value, "a list of texts"),
        };
    }

    /// <summary>The integer under a key, or null if the key is absent or null.</summary>
    public int? Integer(string key) => Find(key) is { } value ? IntegerOf(key, value) : null;

    /// <summary>The integer under a key.</summary>
    public int RequiredInteger(string key) => Integer(key) ?? throw Missing(key, "an integer");

    /// <summary>One integer or a list of them under a key, or null if the key is absent or null.</summary>
    public int[]? Integers(string key)
    {
        JsonFields self = this;
        return Find(key) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(value => self.IntegerOf(key, value))],
            { } value => [IntegerOf(key, value)],
        };
    }

    /// <summary>The token id under a key, or null if the key is absent or null, or says "no such token" as checkpoints of 2023 do: -1.</summary>
    public int? TokenId(string key) => Integer(key) is { } id and not -1 ? id : null;

    /// <summary>One token id or a list of them under a key, without those that are none; null if the key is absent or null.</summary>
    public int[]? TokenIds(string key) => Integers(key) is { } ids ? [.. ids.Where(id => id != -1)] : null;

    /// <summary>The number under a key, or null if the key is absent or null.</summary>
    public double? Number(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) && double.IsFinite(number) => number,
        { } value => throw Expected(key, value, "a number"),
    };

    /// <summary>The number under a key.</summary>
    public double RequiredNumber(string key) => Number(key) ?? throw Missing(key, "a number");

    /// <summary>True or false under a key, or null if the key is absent or null.</summary>
    public bool? Flag(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Expected(key, value, "true or false"),
    };

    private JsonElement? Find(string key) =>
        _object.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private int IntegerOf(string key, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number)
            throw Expected(key, value, "an integer");
        if (value.TryGetInt32(out int integer))
            return integer;
        // Python writes some whole numbers as 32768.0.
        return value.TryGetDouble(out double number) && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue
            ? (int)number
            : throw Expected(key, value, $"an integer of at most {int.MaxValue.ToString(CultureInfo.InvariantCulture)}");
    }

    private string TextOf(string key, JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Expected(key, value, "a text");
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidDataException($"{_location}: '{_path}{key}' is no valid Unicode.", exception);
        }
    }

    private InvalidDataException Missing(string key, string expected) => new($"{_location}: '{_path}{key}' is missing; expected {expected}.");

    private InvalidDataException Expected(string key, JsonElement value, string expected) =>
        new($"{_location}: '{_path}{key}' is {Describe(value)}; expected {expected}.");

    private static string Describe(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 60 ? text : $"{text[..60]}…";
    }
}
