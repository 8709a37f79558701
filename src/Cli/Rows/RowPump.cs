using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Cli;

/// <summary>Reads rows, has them worked on in batches, and writes what comes out in their order. Memory is that of one batch, however many rows there are.</summary>
/// <param name="streams">Where rows come from and go to without files, and where errors are told.</param>
/// <param name="input">A file; null or - = the input stream.</param>
/// <param name="output">A file, which is written over; null or - = the output stream.</param>
/// <param name="strict">Whether a bad row ends the work.</param>
/// <param name="batchSize">Rows of a batch.</param>
internal sealed class RowPump(Streams streams, string? input, string? output, bool strict, int batchSize)
{
    private long _bad;

    /// <summary>Works on all rows.</summary>
    /// <param name="title">What is done, for the progress.</param>
    /// <param name="read">Takes what is needed from a row; throws <see cref="RowException"/>, or what the library throws, where it is bad.</param>
    /// <param name="work">Gives for each of the rows what is written for it.</param>
    /// <param name="cancellationToken">Ends the work; rows written so far stay.</param>
    /// <returns>The exit code.</returns>
    public int Run<T>(string title, Func<InputRow, T> read, Func<IReadOnlyList<(InputRow Row, T Value)>, IEnumerable<IEnumerable<JsonObject>>> work, CancellationToken cancellationToken)
    {
        if (batchSize < 1) throw new ArgumentException($"--batch-size is {batchSize}, expected at least 1.");
        bool fromFile = input is not (null or "-"), toFile = output is not (null or "-");
        if (fromFile && toFile && Path.GetFullPath(input!) == Path.GetFullPath(output!)) throw new ArgumentException($"--output is the input, '{input}': rows would be overwritten before they are read.");
        using FileStream? file = fromFile ? new FileStream(input!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16) : null;
        TextReader reader = file is null ? streams.Input : new StreamReader(file, Encoding.UTF8);
        using StreamWriter? target = toFile ? new StreamWriter(output!, append: false, new UTF8Encoding(false)) : null;
        TextWriter writer = target ?? streams.Output;
        RowProgress.Show(streams, title, file, progress =>
        {
            foreach (JsonObject?[] batch in Lines(reader).Chunk(batchSize).Select(lines => Read(lines, read, work, cancellationToken)))
            {
                foreach (JsonObject row in batch.OfType<JsonObject>()) writer.WriteLine(JsonText.Line(row));
                writer.Flush();
                progress();
                if (strict && _bad > 0) break;
            }
        });
        return _bad > 0 ? CommandLine.BadRows : CommandLine.Success;
    }

    private static IEnumerable<(long Number, string Text)> Lines(TextReader reader)
    {
        for (long number = 1; reader.ReadLine() is { } line; number++)
            if (!string.IsNullOrWhiteSpace(line)) yield return (number, line);
    }

    /// <summary>What is written for the lines of a batch; with strict, up to the first bad one.</summary>
    private JsonObject[] Read<T>((long Number, string Text)[] lines, Func<InputRow, T> read, Func<IReadOnlyList<(InputRow Row, T Value)>, IEnumerable<IEnumerable<JsonObject>>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<(long Number, string? Error)> results = [];
        List<(InputRow Row, T Value)> good = [];
        foreach ((long number, string text) in lines)
        {
            string? error = Try(() =>
            {
                InputRow row = new(number, JsonNode.Parse(text) as JsonObject ?? throw new RowException("The line is no JSON object."));
                good.Add((row, read(row)));
            });
            results.Add((number, error));
            if (error is not null && strict) break;
        }

        Dictionary<long, IEnumerable<JsonObject>> done = [];
        Dictionary<long, string> failed = [];
        if (good.Count > 0) Work(good, work, done, failed);
        List<JsonObject> written = [];
        foreach ((long number, string? readError) in results)
        {
            if ((readError ?? failed.GetValueOrDefault(number)) is not { } error)
            {
                written.AddRange(done[number]);
                continue;
            }
            _bad++;
            streams.Errors.WriteLine($"Line {number}: {error}");
            written.Add(new JsonObject { ["line"] = number, ["error"] = error });
            if (strict) break;
        }
        return [.. written];
    }

    /// <summary>Works on a batch; if that fails, on its rows one by one, to find the bad ones.</summary>
    private static void Work<T>(
        List<(InputRow Row, T Value)> rows, Func<IReadOnlyList<(InputRow Row, T Value)>, IEnumerable<IEnumerable<JsonObject>>> work, Dictionary<long, IEnumerable<JsonObject>> done, Dictionary<long, string> failed)
    {
        string? error = Try(() =>
        {
            foreach (((InputRow row, _), IEnumerable<JsonObject> written) in rows.Zip(work(rows))) done[row.Line] = written;
        });
        if (error is null) return;
        if (rows.Count == 1) failed[rows[0].Row.Line] = error;
        else
            foreach ((InputRow Row, T Value) row in rows) Work([row], work, done, failed);
    }

    private static string? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception exception) when (exception is RowException or ArgumentException or FormatException or InvalidDataException or NotSupportedException or ArithmeticException)
        {
            return exception.Message;
        }
        catch (JsonException exception)
        {
            return $"The line is no JSON: {exception.Message}";
        }
    }
}
