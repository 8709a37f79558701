using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>Reads the tables of a model from the bytes of tokenizer.json.</summary>
internal static class VocabularyReader
{
    // Ids that no token has are rare; a file must not claim a table of gigabytes with one number.
    private const int MaximumGaps = 1 << 20;

    /// <exception cref="InvalidDataException">There is no vocabulary, or one of its tokens or ids is no such thing, or occurs twice.</exception>
    public static Vocabulary ReadVocabulary(TokenizerDefinition definition)
    {
        string location = definition.Location;
        ReadOnlySpan<byte> table = Table(definition.Vocabulary, "'model.vocab' is missing; expected an object of tokens and their ids", location);
        Dictionary<string, int> ids = new(table.Length / 20, StringComparer.Ordinal);
        Utf8JsonReader reader = new(table);
        reader.Read();
        int largest = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string token = Token(ref reader, location);
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id) || id < 0)
                throw new InvalidDataException($"{location}: the token '{token}' of 'model.vocab' has no id; expected an integer from 0.");
            if (!ids.TryAdd(token, id))
                throw new InvalidDataException($"{location}: the token '{token}' is twice in 'model.vocab'.");
            largest = Math.Max(largest, id);
        }
        if (largest >= ids.Count + (long)MaximumGaps)
            throw new InvalidDataException($"{location}: 'model.vocab' has {ids.Count} tokens, and the id {largest}.");
        return new Vocabulary(ids, TokensById(ids, largest + 1, location));
    }

    /// <exception cref="InvalidDataException">There are no merges, or one of them is no pair, or makes or takes a token that the vocabulary lacks.</exception>
    public static MergeTable ReadMerges(TokenizerDefinition definition, Vocabulary vocabulary)
    {
        string location = definition.Location;
        ReadOnlySpan<byte> table = Table(definition.Merges, "'model.merges' is missing; expected a list of pairs of tokens", location);
        List<Merge> merges = [];
        char[] text = new char[256];
        Utf8JsonReader reader = new(table);
        reader.Read();
        int merged = -1;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            (int left, int end) = ReadPair(ref reader, ref text, merges.Count, location);
            ReadOnlySpan<char> token = text.AsSpan(0, end);
            // Training gives ids in the order of the merges: mostly the next id is the one, and need not be searched.
            merged = token.SequenceEqual(vocabulary.TokenOf(merged + 1)) ? merged + 1 : Require(vocabulary, token, merges.Count, location);
            merges.Add(new Merge(
                Require(vocabulary, token[..left], merges.Count, location), Require(vocabulary, token[left..], merges.Count, location), merged));
        }
        return new MergeTable(merges);
    }

    private static ReadOnlySpan<byte> Table(ReadOnlyMemory<byte>? table, string missing, string location) =>
        table is { } found ? found.Span : throw new InvalidDataException($"{location}: {missing}.");

    private static string?[] TokensById(Dictionary<string, int> ids, int count, string location)
    {
        string?[] tokens = new string?[count];
        foreach ((string token, int id) in ids)
        {
            if (tokens[id] is { } other)
                throw new InvalidDataException($"{location}: the tokens '{other}' and '{token}' of 'model.vocab' both have the id {id}.");
            tokens[id] = token;
        }
        return tokens;
    }

    /// <summary>Reads <c>["left", "right"]</c> or <c>"left right"</c>; the two end up side by side in the text.</summary>
    private static (int Left, int End) ReadPair(ref Utf8JsonReader reader, ref char[] text, int index, string location)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            int length = Copy(ref reader, ref text, 0, index, location);
            int left = text.AsSpan(0, length).IndexOf(' ');
            if (left >= 0 && text.AsSpan(left + 1, length - left - 1).IndexOf(' ') < 0)
            {
                text.AsSpan(left + 1, length - left - 1).CopyTo(text.AsSpan(left));
                return (left, length - 1);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            int left = Copy(ref reader, ref text, 0, index, location);
            if (reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                int end = left + Copy(ref reader, ref text, left, index, location);
                if (reader.Read() && reader.TokenType == JsonTokenType.EndArray)
                    return (left, end);
            }
        }
        throw new InvalidDataException($"{location}: 'model.merges[{index}]' is no pair of tokens; expected [\"left\", \"right\"] or \"left right\".");
    }

    private static int Copy(ref Utf8JsonReader reader, ref char[] text, int start, int merge, string location)
    {
        // A UTF-16 unit takes at least one byte of JSON.
        if (text.Length < start + reader.ValueSpan.Length)
            Array.Resize(ref text, 2 * (start + reader.ValueSpan.Length));
        try
        {
            return reader.CopyString(text.AsSpan(start));
        }
        catch (InvalidOperationException exception)
        {
            throw NotUnicode($"'model.merges[{merge}]'", location, exception);
        }
    }

    private static string Token(ref Utf8JsonReader reader, string location)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw NotUnicode("a token of 'model.vocab'", location, exception);
        }
    }

    private static int Require(Vocabulary vocabulary, ReadOnlySpan<char> token, int merge, string location) =>
        vocabulary.IdOf(token) is var id and >= 0 ? id
            : throw new InvalidDataException($"{location}: 'model.merges[{merge}]' needs the token '{token}', which is not in the vocabulary.");

    private static InvalidDataException NotUnicode(string name, string location, Exception exception) =>
        new($"{location}: {name} is no valid Unicode.", exception);
}
