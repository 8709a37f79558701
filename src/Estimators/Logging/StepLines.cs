using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>A file of JSON lines that a run writes step by step: every line is an object with its step. A run that resumes drops what was written after its
/// checkpoint.</summary>
internal sealed class StepLines : IDisposable
{
    /// <summary>The property that every line begins with.</summary>
    public const string Step = "step";

    private const int LastBytes = 1 << 20;

    // Text stays readable: the file is no part of a web page.
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly FileStream _file;

    /// <param name="path">The file; its folder is made if there is none.</param>
    /// <param name="resumeAfterStep">The last step whose lines stay; -1 = none do, a new run.</param>
    /// <exception cref="InvalidDataException">The file holds something else, and is left as it is.</exception>
    /// <exception cref="IOException">The file cannot be written; it is left as it is.</exception>
    public StepLines(string path, int resumeAfterStep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resumeAfterStep, -1);
        string place = AtomicFile.Place(path);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        if (File.Exists(place)) AtomicFile.Write(place, stream => Keep(place, resumeAfterStep, stream));
        // No buffer: a line is in the file, whole, when it has been written. Readers are let in while the run goes on.
        _file = new FileStream(place, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _file.Seek(0, SeekOrigin.End);
    }

    /// <summary>The lines of a file with their steps. A last one that was not written to its end does not count.</summary>
    /// <exception cref="InvalidDataException">A line is no JSON object with a step; the message names it.</exception>
    public static IEnumerable<(int Step, JsonElement Line)> Read(string path)
    {
        using FileStream file = Open(path);
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in Whole(file)) yield return Parse(line, path, ++number);
    }

    /// <summary>The last whole line of a file; null if there is none, or if it is longer than a screen could show.</summary>
    public static (int Step, JsonElement Line)? ReadLast(string path)
    {
        if (!File.Exists(path)) return null;
        using FileStream file = Open(path);
        bool cut = file.Length > LastBytes;
        if (cut) file.Position = file.Length - LastBytes;
        // Where the file is cut, what comes first is the end of a line.
        byte[][] lines = [.. Whole(file).Skip(cut ? 1 : 0).Select(line => line.ToArray())];
        return lines is [.., { } last] ? Parse(last, path, lines.Length) : null;
    }

    /// <summary>Adds a line.</summary>
    /// <param name="step">Its step, from 1; 0 = before the first.</param>
    /// <param name="write">Writes the other properties.</param>
    public void Write(int step, Action<Utf8JsonWriter> write)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, Format))
        {
            json.WriteStartObject();
            json.WriteNumber(Step, step);
            write(json);
            json.WriteEndObject();
        }
        _line.Write("\n"u8);
        _file.WriteWhole(_line.WrittenSpan);
    }

    /// <summary>Sees to it that what was written is on the disk.</summary>
    public void Flush() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Copies the lines of steps up to the last that stays.</summary>
    private static void Keep(string path, int last, Stream kept)
    {
        using FileStream file = Open(path);
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in Whole(file))
        {
            if (Parse(line, path, ++number).Step > last) continue;
            kept.Write(line.Span);
            kept.WriteByte((byte)'\n');
        }
    }

    /// <summary>The lines that end in a line feed, without it.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Whole(Stream stream)
    {
        byte[] buffer = new byte[1 << 16];
        for (int filled = 0; stream.Read(buffer, filled, buffer.Length - filled) is > 0 and int read;)
        {
            filled += read;
            int start = 0;
            for (int end; (end = Array.IndexOf(buffer, (byte)'\n', start, filled - start)) >= 0; start = end + 1)
                yield return buffer.AsMemory(start, end - start);
            filled -= start;
            Array.Copy(buffer, start, buffer, 0, filled);
            if (filled == buffer.Length) Array.Resize(ref buffer, 2 * filled);
        }
    }

    private static (int Step, JsonElement Line) Parse(ReadOnlyMemory<byte> line, string path, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty(Step, out JsonElement step)
                && step.ValueKind == JsonValueKind.Number
                && step.TryGetInt32(out int value))
                return (value, root.Clone());
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"'{path}', line {number}, is no JSON: {JsonErrors.DescribeLine(exception)} Is it another file?"),
                exception);
        }
        throw new InvalidDataException(string.Create(
            CultureInfo.InvariantCulture,
            $"'{path}', line {number}, has no '{Step}', expected an object with a whole number under that name. Is it another file?"));
    }
}
