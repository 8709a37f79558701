using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>A tokenizer.json, with the two large tables of its model set apart: a vocabulary of 150 000 tokens is read straight from the bytes.</summary>
internal sealed class TokenizerDefinition
{
    private TokenizerDefinition(JsonFields fields, string location, ReadOnlyMemory<byte>? vocabulary, ReadOnlyMemory<byte>? merges) =>
        (Fields, Location, Vocabulary, Merges) = (fields, location, vocabulary, merges);

    /// <summary>The file without the entries of the two tables.</summary>
    public JsonFields Fields { get; }

    /// <summary>How the file is named in messages.</summary>
    public string Location { get; }

    /// <summary>The JSON object <c>model.vocab</c>, or null if there is none.</summary>
    public ReadOnlyMemory<byte>? Vocabulary { get; }

    /// <summary>The JSON array <c>model.merges</c>, or null if there is none.</summary>
    public ReadOnlyMemory<byte>? Merges { get; }

    /// <exception cref="InvalidDataException">The file is no valid JSON, or no object.</exception>
    public static TokenizerDefinition Parse(byte[] json, string location)
    {
        try
        {
            (Range? vocabulary, Range? merges) = FindTables(json);
            JsonFields fields = JsonFields.Parse(Without(json, vocabulary, merges), location);
            return new TokenizerDefinition(fields, location, Slice(json, vocabulary), Slice(json, merges));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{location}: the file is no valid JSON: {JsonErrors.Describe(exception)}", exception);
        }
    }

    private static (Range? Vocabulary, Range? Merges) FindTables(byte[] json)
    {
        Range? vocabulary = null;
        Range? merges = null;
        Utf8JsonReader reader = new(json);
        reader.Read();
        while (NextProperty(ref reader, depth: 1))
        {
            bool isModel = reader.ValueTextEquals("model");
            reader.Read();
            if (!isModel || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }
            while (NextProperty(ref reader, depth: 2))
            {
                bool isVocabulary = reader.ValueTextEquals("vocab");
                bool isMerges = reader.ValueTextEquals("merges");
                reader.Read();
                int start = (int)reader.TokenStartIndex;
                JsonTokenType type = reader.TokenType;
                reader.Skip();
                if (isVocabulary && type == JsonTokenType.StartObject)
                    vocabulary = start..(int)reader.BytesConsumed;
                else if (isMerges && type == JsonTokenType.StartArray)
                    merges = start..(int)reader.BytesConsumed;
            }
        }
        while (reader.Read())
        {
            // What follows the object is an error that the reader reports.
        }
        return (vocabulary, merges);
    }

    private static bool NextProperty(ref Utf8JsonReader reader, int depth) =>
        reader.Read() && reader.CurrentDepth == depth && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>The file with both tables empty, so that a key that occurs twice is still seen to.</summary>
    private static byte[] Without(byte[] json, Range? first, Range? second)
    {
        using MemoryStream rest = new();
        int done = 0;
        foreach (Range table in new[] { first, second }.OfType<Range>().OrderBy(range => range.Start.Value))
        {
            rest.Write(json, done, table.Start.Value - done);
            rest.WriteByte(json[table.Start.Value]);
            rest.WriteByte(json[table.End.Value - 1]);
            done = table.End.Value;
        }
        rest.Write(json, done, json.Length - done);
        return rest.ToArray();
    }

    private static ReadOnlyMemory<byte>? Slice(byte[] json, Range? range) => range is { } table ? json.AsMemory()[table] : (ReadOnlyMemory<byte>?)null;
}
