using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Responses to problems in a file of JSON lines, one line a problem. A line says what it depends on, so a file may hold several
/// evaluations.</summary>
internal sealed class ResponseCache
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly Dictionary<string, CachedResponse[]> _known = new(StringComparer.Ordinal);
    private readonly string? _path;

    /// <param name="path">The file; null = nothing is kept beyond this process.</param>
    /// <exception cref="InvalidDataException">It is another file, or a line, other than a last one that was not written to its end, cannot be
    /// read.</exception>
    public ResponseCache(string? path)
    {
        _path = path is null ? null : Path.GetFullPath(path);
        if (!File.Exists(_path)) return;
        byte[] content = File.ReadAllBytes(_path);
        int whole = Array.LastIndexOf(content, (byte)'\n') + 1;
        string[] lines = Encoding.UTF8.GetString(content, 0, whole).Split('\n');
        for (int i = 0; i < lines.Length; i++)
            if (lines[i].Length > 0) Read(lines[i], i + 1);
        if (whole == content.Length) return;
        // A process that was killed left half a line, which the next one must not be appended to; what begins otherwise is another file's.
        if (!Begins(content.AsSpan(whole)))
            throw new InvalidDataException($"'{_path}' ends with what is no response, expected lines that an evaluation wrote. Is it another file?");
        using (FileStream file = File.OpenWrite(_path)) file.SetLength(whole);
    }

    /// <summary>What the responses to a prompt depend on: the model, the sampling and the prompt with its place, from which its random numbers come.</summary>
    public static string Key(CausalLanguageModel model, GenerationOptions options, int problem, int[] prompt)
    {
        string text = JsonSerializer.Serialize(new
        {
            model.Fingerprint,
            Options = options with { BatchSize = null, MaximumCacheBytes = null },
            Problem = problem,
            Prompt = prompt,
        });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The responses of a key; null if they are not known.</summary>
    public CachedResponse[]? Find(string key) => _known.GetValueOrDefault(key);

    /// <summary>Adds the responses to some problems, and has them on the disk when it returns.</summary>
    public void Add(IReadOnlyList<(string Key, int Problem, CachedResponse[] Responses)> problems)
    {
        var lines = new StringBuilder();
        foreach ((string key, int problem, CachedResponse[] responses) in problems)
        {
            _known[key] = responses;
            lines.Append(JsonSerializer.Serialize(new Line(key, problem, responses), Format)).Append('\n');
        }
        if (_path is null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        using var file = new FileStream(_path, FileMode.Append, FileAccess.Write);
        file.Write(Encoding.UTF8.GetBytes(lines.ToString()));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Whether this is how a line begins.</summary>
    private static bool Begins(ReadOnlySpan<byte> tail)
    {
        ReadOnlySpan<byte> start = "{\"key\":\""u8;
        int shared = Math.Min(start.Length, tail.Length);
        return tail[..shared].SequenceEqual(start[..shared]);
    }

    private void Read(string line, int number)
    {
        try
        {
            Line read = JsonSerializer.Deserialize<Line>(line, Format) ?? throw new JsonException("it is null");
            _known[read.Key] = read.Responses;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{_path}', line {number}, holds no responses: {JsonErrors.DescribeLine(exception)} Is it another file?"),
                exception);
        }
    }

    private sealed record Line([property: JsonRequired] string Key, int Problem, [property: JsonRequired] CachedResponse[] Responses);
}

/// <summary>One response.</summary>
internal sealed record CachedResponse(string Text, int[] TokenIds, FinishReason FinishReason);
