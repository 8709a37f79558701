namespace MLNetAttn.Transforms;

/// <summary>The order statistics that credit is made of. Undefined values (NaN) are never selected and never counted.</summary>
internal static class TokenRanking
{
    // ⌈q·n⌉ with q·n one rounding error above a whole number must not select one token more.
    private const double RoundingSlack = 1e-9;

    /// <summary>Top-q: the ⌈q·n⌉ tokens of the highest values among the n defined ones, ascending by position; of equal values the earlier token goes
    /// first.</summary>
    /// <param name="values">One value per token.</param>
    /// <param name="fraction">q, 0 to 1.</param>
    /// <param name="bottom">The lowest values instead.</param>
    public static int[] Top(IReadOnlyList<double> values, double fraction, bool bottom = false)
    {
        double[] sorted = Sorted(values);
        int count = Math.Clamp((int)Math.Ceiling(fraction * sorted.Length - RoundingSlack), 0, sorted.Length);
        if (count == 0) return [];
        double last = bottom ? sorted[count - 1] : sorted[^count];
        int better = 0;
        while (bottom ? sorted[better] < last : sorted[^(better + 1)] > last) better++;
        int[] top = new int[count];
        for (int token = 0, found = 0, ties = count - better; found < count; token++)
        {
            double value = values[token];
            if ((bottom ? value < last : value > last) || (value == last && ties-- > 0)) top[found++] = token;
        }
        return top;
    }

    /// <summary>Δ[t] = |WAAD[t] − WAAD[t+1]| (Eq. 13); NaN for the last token, which has no successor.</summary>
    /// <param name="waad">WAAD of each token.</param>
    public static double[] Delta(IReadOnlyList<double> waad)
    {
        double[] delta = new double[waad.Count];
        for (int token = 0; token < delta.Length; token++) delta[token] = token + 1 < delta.Length ? Math.Abs(waad[token] - waad[token + 1]) : double.NaN;
        return delta;
    }

    /// <summary>The median of the defined values; of an even number of them the mean of the two in the middle; NaN if there are none.</summary>
    /// <param name="values">The values.</param>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = Sorted(values);
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static double[] Sorted(IEnumerable<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        // NaN is sorted before all numbers.
        int undefined = 0;
        while (undefined < sorted.Length && double.IsNaN(sorted[undefined])) undefined++;
        return undefined == 0 ? sorted : sorted[undefined..];
    }
}
