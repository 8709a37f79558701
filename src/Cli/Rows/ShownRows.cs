using System.Text.Json;

namespace MLNetAttn.Cli;

/// <summary>The rows of a file that a report has room for.</summary>
/// <param name="Lines">Them, with their numbers.</param>
/// <param name="Count">How many rows the file has.</param>
internal sealed record ShownRows(IReadOnlyList<(long Number, string Text)> Lines, int Count)
{
    /// <summary>The first rows; of rows with a step, as a run writes them, some from all over the run, the first and the last among them.</summary>
    /// <param name="reader">The file, which stays the caller's.</param>
    /// <param name="most">The most rows; at least 1.</param>
    public static ShownRows Of(TextReader reader, int most)
    {
        (long Number, string Text)[] all = [.. InputRow.Lines(reader)];
        if (all.Length <= most) return new ShownRows(all, all.Length);
        return HasStep(all[0].Text) && most > 1
            ? new ShownRows([.. Enumerable.Range(0, most).Select(i => all[(long)i * (all.Length - 1) / (most - 1)])], all.Length)
            : new ShownRows(all[..most], all.Length);
    }

    // A line that is no JSON is told where it is read.
    private static bool HasStep(string line)
    {
        try
        {
            using var row = JsonDocument.Parse(line);
            return row.RootElement.ValueKind == JsonValueKind.Object && row.RootElement.TryGetProperty("step", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
