using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Its element type on disk.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Start">Its first byte, counted from the end of the header.</param>
/// <param name="End">The byte after its last one.</param>
internal sealed record SafetensorsEntry(string Name, SafetensorsType Type, long[] Shape, long Start, long End)
{
    /// <summary>The number of elements.</summary>
    public long Count => (End - Start) / Type.Size;
}

/// <summary>The header of a safetensors file: which tensors lie where.</summary>
/// <remarks>
/// The header is a claim, and everything in it is checked against the file before anything is made from it: see
/// https://github.com/huggingface/safetensors, "Format". What the reference implementation refuses is refused here too.
/// </remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The largest header, 100 MB, as in the reference implementation.</summary>
    public const int MaximumBytes = 100_000_000;

    /// <summary>Bytes before the header: its length.</summary>
    public const int PrefixBytes = sizeof(ulong);

    /// <summary>The name under which a header keeps text beside the tensors.</summary>
    public const string MetadataName = "__metadata__";

    /// <summary>The most dimensions a tensor may have: what torch's operations handle.</summary>
    private const int MaximumRank = 64;

    private readonly string _location;
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string location) => _location = location;

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>Text beside the tensors, such as <c>format</c>: <c>pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks the header at the beginning of a stream, which then stands at the first tensor's first byte.</summary>
    /// <exception cref="InvalidDataException">The header is damaged, or claims what the stream does not hold.</exception>
    /// <exception cref="NotSupportedException">A tensor has an element type that the format knows and this library does not.</exception>
    public static SafetensorsHeader Read(Stream stream, string location)
    {
        SafetensorsHeader header = new(location);
        long length = stream.Length;
        if (length < PrefixBytes)
            throw header.Invalid($"the file has {length} bytes; a safetensors file begins with 8 bytes that give the length of its header");
        try
        {
            Span<byte> prefix = stackalloc byte[PrefixBytes];
            stream.ReadExactly(prefix);
            ulong size = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (size > MaximumBytes)
                throw header.Invalid($"the header claims {size} bytes; at most {MaximumBytes} are allowed");
            if ((long)size > length - PrefixBytes)
                throw header.Invalid($"the header claims {size} bytes, but the file ends {length - PrefixBytes} bytes after the header's beginning");
            byte[] json = new byte[size];
            stream.ReadExactly(json);
            header.Parse(json);
            header.CheckOffsets(length - PrefixBytes - (long)size);
            return header;
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException($"{location}: the file ends before its {length} bytes.", exception);
        }
        // InvalidOperationException is what a name or text that is not valid Unicode raises.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{location}: the header is not the JSON of a safetensors file: {JsonErrors.Describe(exception)}", exception);
        }
    }

    private void Parse(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
            throw Invalid("the header does not begin with '{'");
        HashSet<string> names = new(StringComparer.Ordinal);
        Utf8JsonReader reader = new(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
                throw Invalid($"the header has '{name}' twice");
            reader.Read();
            if (name == MetadataName)
                ParseMetadata(ref reader);
            else
                _entries.Add(ParseEntry(ref reader, name));
        }
        // Reads to the end of the bytes: anything but spaces after the object is an error.
        reader.Read();
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Invalid($"'{MetadataName}' is no object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Invalid($"'{key}' in '{MetadataName}' is no text");
            if (!_metadata.TryAdd(key, reader.GetString()!))
                throw Invalid($"'{MetadataName}' has '{key}' twice");
        }
    }

    private SafetensorsEntry ParseEntry(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Invalid($"the entry of tensor '{name}' is no object");
        string? typeName = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (key is "dtype" ? typeName is not null : key is "shape" ? shape is not null : key is "data_offsets" && offsets is not null)
                throw Invalid($"tensor '{name}' has '{key}' twice");
            if (key == "dtype")
                typeName = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw Invalid($"'dtype' of tensor '{name}' is no text");
            else if (key == "shape")
                shape = ParseIntegers(ref reader, name, key, MaximumRank);
            else if (key == "data_offsets")
                offsets = ParseIntegers(ref reader, name, key, 2);
            else
                reader.Skip();
        }
        if (typeName is null || shape is null || offsets is not [long start, long end])
            throw Invalid($"the entry of tensor '{name}' lacks dtype, shape or the two data_offsets");
        SafetensorsType type = SafetensorsType.Find(typeName, _location, name)
            ?? throw Invalid($"tensor '{name}' has the unknown dtype '{typeName}'; supported are {SafetensorsType.Names}");
        CheckSize(name, type, shape, start, end);
        return new SafetensorsEntry(name, type, [.. shape], start, end);
    }

    private List<long> ParseIntegers(ref Utf8JsonReader reader, string name, string key, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Invalid($"'{key}' of tensor '{name}' is no list");
        List<long> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (values.Count == most)
                throw Invalid($"'{key}' of tensor '{name}' has more than {most} numbers");
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
                throw Invalid($"'{key}' of tensor '{name}' holds something that is no integer from 0 to {long.MaxValue}");
            values.Add(value);
        }
        return values;
    }

    private void CheckSize(string name, SafetensorsType type, List<long> shape, long start, long end)
    {
        long size = type.Size;
        try
        {
            foreach (long dimension in shape)
                size = checked(size * dimension);
        }
        catch (OverflowException)
        {
            throw Invalid($"tensor '{name}' of shape [{string.Join(", ", shape)}] has more bytes than can be counted");
        }
        if (start > end || end - start != size)
            throw Invalid($"tensor '{name}' claims the bytes {start} to {end}, but {type.Name} of shape [{string.Join(", ", shape)}] takes {size} bytes");
    }

    private void CheckOffsets(long dataBytes)
    {
        _entries.Sort((left, right) => (left.Start, left.End).CompareTo((right.Start, right.End)));
        long expected = 0;
        foreach (SafetensorsEntry entry in _entries)
        {
            if (entry.Start != expected)
                throw Invalid($"tensor '{entry.Name}' begins at byte {entry.Start}, but the tensor before it ends at {expected}: " +
                    (entry.Start < expected ? "they overlap" : "there is a gap"));
            expected = entry.End;
        }
        if (expected != dataBytes)
            throw Invalid($"the tensors take {expected} bytes, but {dataBytes} bytes follow the header");
    }

    private InvalidDataException Invalid(string what) => new($"{_location}: {what}.");
}
