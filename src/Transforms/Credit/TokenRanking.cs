namespace MLNetAttn.Transforms;

/// <summary>The order statistics that credit is made of. Undefined values (NaN) are never selected and never counted.</summary>
public static class TokenRanking
{
    // ⌈q·n⌉ with q·n one rounding error above a whole number must not select one token more.
    private const double RoundingSlack = 1e-9;

    /// <summary>Top-q: the ⌈q·n⌉ tokens of the highest values among the n defined ones, ascending by position; of equal values the earlier token goes first.</summary>
    /// <param name="values">One value per token.</param>
    /// <param name="fraction">q, 0 to 1.</param>
    /// <param name="bottom">The lowest values instead.</param>
    public static int[] Top(IReadOnlyList<double> values, double fraction, bool bottom = false)
    {
        int[] defined = [.. Enumerable.Range(0, values.Count).Where(token => !double.IsNaN(values[token]))];
        int count = Math.Max(0, (int)Math.Ceiling(fraction * defined.Length - RoundingSlack));
        return [.. defined.OrderBy(token => bottom ? values[token] : -values[token]).Take(count).Order()];
    }

    /// <summary>Δ[t] = |WAAD[t] − WAAD[t+1]| (Eq. 13); NaN for the last token, which has no successor.</summary>
    /// <param name="waad">WAAD of each token.</param>
    public static double[] Delta(IReadOnlyList<double> waad) =>
        [.. Enumerable.Range(0, waad.Count).Select(token => token + 1 < waad.Count ? Math.Abs(waad[token] - waad[token + 1]) : double.NaN)];

    /// <summary>The median of the defined values; of an even number of them the mean of the two in the middle; NaN if there are none.</summary>
    /// <param name="values">The values.</param>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(value => !double.IsNaN(value)).Order()];
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
