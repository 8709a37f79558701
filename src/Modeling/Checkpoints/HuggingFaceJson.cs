using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling;

/// <summary>JSON files laid out as transformers writes them: sorted keys, two spaces, a line feed at the end.</summary>
internal static class HuggingFaceJson
{
    private static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of a file that holds this object.</summary>
    public static byte[] Render(JsonObject json)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Layout))
            Sort(json)!.WriteTo(writer);
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Checks that a file that was read can be written again, so that it is not found out when a trained model is to be saved.</summary>
    /// <exception cref="InvalidDataException">A text in the file is no valid Unicode.</exception>
    public static void RequireWritable(JsonElement file, string location)
    {
        try
        {
            ReadTexts(file);
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidDataException($"{location}: a text in the file is no valid Unicode: {exception.Message}", exception);
        }
    }

    /// <summary>Token ids as transformers writes them: null, one number, or a list.</summary>
    public static JsonNode? DescribeIds(IReadOnlyList<int> ids) => ids.Count switch
    {
        0 => null,
        1 => JsonValue.Create(ids[0]),
        _ => new JsonArray([.. ids.Select(id => (JsonNode)id)]),
    };

    private static void ReadTexts(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) value.GetString();
        if (value.ValueKind == JsonValueKind.Array)
            foreach (JsonElement item in value.EnumerateArray()) ReadTexts(item);
        if (value.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty property in value.EnumerateObject())
            {
                _ = property.Name;
                ReadTexts(property.Value);
            }
    }

    private static JsonNode? Sort(JsonNode? node) => node switch
    {
        JsonObject json => new JsonObject(json
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Sort(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sort)]),
        _ => node?.DeepClone(),
    };
}
