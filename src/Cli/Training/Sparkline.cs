namespace MLNetAttn.Cli;

/// <summary>A curve in one line of text.</summary>
internal static class Sparkline
{
    private const string Levels = "▁▂▃▄▅▆▇█";

    /// <summary>Draws values from their least to their largest.</summary>
    /// <param name="values">The values; NaN = undefined, a gap.</param>
    /// <param name="width">The most characters; of more values as many together are averaged as that takes.</param>
    public static string Draw(IReadOnlyList<double> values, int width)
    {
        double[] columns = Columns(values, width);
        double least = columns.Where(double.IsFinite).DefaultIfEmpty().Min(), range = columns.Where(double.IsFinite).DefaultIfEmpty().Max() - least;
        return string.Concat(columns.Select(value => !double.IsFinite(value)
            ? ' '
            : Levels[range > 0 ? (int)Math.Min(Levels.Length - 1, (value - least) / range * Levels.Length) : 0]));
    }

    private static double[] Columns(IReadOnlyList<double> values, int width)
    {
        if (values.Count <= width) return [.. values];
        return
        [
            .. Enumerable.Range(0, width).Select(column => Enumerable.Range(First(column), First(column + 1) - First(column))
                .Select(i => values[i])
                .Where(double.IsFinite)
                .DefaultIfEmpty(double.NaN)
                .Average()),
        ];

        int First(int column) => (int)((long)column * values.Count / width);
    }
}
