using System.Text;
using System.Text.Json.Nodes;

namespace MLNetAttn.Cli;

/// <summary>Reads rows, has them worked on in batches, and writes what comes out in their order. Memory is that of one batch, however many rows there
/// are.</summary>
/// <param name="streams">Where rows come from and go to without files, and where errors are told.</param>
/// <param name="input">A file; null or - = the input stream.</param>
/// <param name="output">A file, which is written over; null or - = the output stream.</param>
/// <param name="strict">Whether a bad row ends the work.</param>
/// <param name="batchSize">Rows of a batch.</param>
internal sealed class RowPump(Streams streams, string? input, string? output, bool strict, int batchSize)
{
    private long _bad, _passed;

    /// <summary>Works on all rows.</summary>
    /// <param name="title">What is done, for the progress.</param>
    /// <param name="read">Takes what is needed from a row; throws <see cref="RowException"/>, or what the library throws, where it is bad. What an
    /// earlier command wrote in the place of a bad row is passed on.</param>
    /// <param name="work">Gives for each of the rows what is written for it.</param>
    /// <param name="cancellationToken">Ends the work; rows written so far stay.</param>
    /// <returns>The exit code.</returns>
    public int Run<T>(
        string title,
        Func<InputRow, T> read,
        Func<IReadOnlyList<(InputRow Row, T Value)>, IEnumerable<IEnumerable<JsonObject>>> work,
        CancellationToken cancellationToken)
    {
        using FileStream? file = input is null or "-" ? null : new FileStream(input, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        TextReader reader = file is null ? streams.Input : new StreamReader(file, Encoding.UTF8);
        using StreamWriter? target = output is null or "-" ? null : Create(output);
        TextWriter writer = target ?? streams.Output;
        RowProgress.Show(streams, title, file, progress =>
        {
            foreach (List<string> batch in InputRow.Lines(reader).Chunk(batchSize).Select(lines => Read(lines, read, work, cancellationToken)))
            {
                foreach (string row in batch) writer.Write(row + "\n");
                writer.Flush();
                progress();
                if (strict && _bad > 0) break;
            }
        });
        RowErrors.Tell(streams, _passed, "passed on");
        return _bad > 0 ? CommandLine.BadRows : CommandLine.Success;
    }

    /// <summary>What is written for the lines of a batch; with strict, up to the first bad one.</summary>
    private List<string> Read<T>(
        (long Number, string Text)[] lines,
        Func<InputRow, T> read,
        Func<IReadOnlyList<(InputRow Row, T Value)>, IEnumerable<IEnumerable<JsonObject>>> work,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<(long Number, string? Error)> results = [];
        Dictionary<long, string> passed = [];
        List<(InputRow Row, T Value)> good = [];
        foreach ((long number, string text) in lines)
        {
            string? error = Try(() =>
            {
                InputRow row = InputRow.Parse(number, text);
                if (row.IsError) passed[number] = text;
                else good.Add((row, read(row)));
            });
            results.Add((number, error));
            if ((error is not null || passed.ContainsKey(number)) && strict) break;
        }

        Dictionary<long, string[]> done = [];
        Dictionary<long, string> failed = [];
        if (good.Count > 0) Work(good, work, done, failed);
        List<string> written = [];
        foreach ((long number, string? readError) in results)
        {
            if (passed.TryGetValue(number, out string? earlier))
            {
                // Whoever reads the output wants to know of it as much as whoever read the earlier command's.
                (_bad, _passed) = (_bad + 1, _passed + 1);
                written.Add(earlier);
                if (strict) break;
                continue;
            }
            if ((readError ?? failed.GetValueOrDefault(number)) is not { } error)
            {
                written.AddRange(done[number]);
                continue;
            }
            _bad++;
            streams.Errors.WriteLine($"Line {number}: {error}");
            written.Add(JsonText.Line(new JsonObject { ["line"] = number, ["error"] = error }));
            if (strict) break;
        }
        return written;
    }

    /// <summary>Works on a batch. If that fails, each row is tried alone, to find the bad ones, and the others then together: rows of a batch may share what is
    /// measured of them.</summary>
    private static void Work<T>(
        List<(InputRow Row, T Value)> rows,
        Func<IReadOnlyList<(InputRow Row, T Value)>, IEnumerable<IEnumerable<JsonObject>>> work,
        Dictionary<long, string[]> done,
        Dictionary<long, string> failed)
    {
        string? error = Try(() =>
        {
            foreach (((InputRow row, _), IEnumerable<JsonObject> written) in rows.Zip(work(rows))) done[row.Line] = [.. written.Select(JsonText.Line)];
        });
        if (error is null) return;
        if (rows.Count == 1)
        {
            failed[rows[0].Row.Line] = error;
            return;
        }
        foreach ((InputRow Row, T Value) row in rows) Work([row], work, done, failed);
        List<(InputRow Row, T Value)> good = rows.FindAll(row => !failed.ContainsKey(row.Row.Line));
        if (good.Count is > 0 && good.Count < rows.Count) Work(good, work, done, failed);
    }

    /// <summary>Opens the output. Whoever reads it through this library, such as the input of this very call under another name, keeps it from being
    /// emptied.</summary>
    private static StreamWriter Create(string path)
    {
        try
        {
            return new StreamWriter(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None), new UTF8Encoding(false));
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new ArgumentException($"--output '{path}' cannot be written: it is the input under another name, or another program has it open.", exception);
        }
    }

    private static string? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception exception) when (RowErrors.IsBadRow(exception))
        {
            return RowErrors.Describe(exception);
        }
    }
}
