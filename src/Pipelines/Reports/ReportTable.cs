namespace MLNetAttn.Pipelines;

/// <summary>A table of a report, such as the statistics of an analysis.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">The names of its columns.</param>
/// <param name="Rows">Its rows, as text that is ready to read; each with as many cells as there are columns. Columns of numbers are set to the right.</param>
public sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>What a reader must know: how the numbers were made. Default none.</summary>
    public string? Note { get; init; }

    /// <exception cref="ArgumentException">A row has another number of cells than there are columns.</exception>
    internal void Validate()
    {
        for (int row = 0; row < Rows.Count; row++)
            if (Rows[row].Count != Columns.Count)
                throw new ArgumentException($"Table '{Title}': row {row} has {Rows[row].Count} cells, expected {Columns.Count}, one per column.");
    }
}
