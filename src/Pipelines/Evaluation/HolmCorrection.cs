namespace MLNetAttn.Pipelines;

/// <summary>Holm's step-down correction (1979): of several tests made at once, the probability that any true null hypothesis is rejected stays below the
/// level.</summary>
public static class HolmCorrection
{
    /// <summary>p-values to be compared with the level that was meant for one test.</summary>
    /// <param name="pValues">A p-value a test; NaN = the test could not be made, which stays NaN and does not count.</param>
    /// <returns>In the same order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A p-value is below 0 or above 1.</exception>
    public static double[] Adjust(IReadOnlyList<double> pValues)
    {
        foreach (double p in pValues)
            if (p is < 0 or > 1)
                throw new ArgumentOutOfRangeException(nameof(pValues), p, "A p-value is 0 to 1.");
        int[] order = [.. Enumerable.Range(0, pValues.Count).Where(test => !double.IsNaN(pValues[test])).OrderBy(test => pValues[test])];
        double[] adjusted = [.. pValues];
        double largest = 0;
        for (int rank = 0; rank < order.Length; rank++)
            adjusted[order[rank]] = largest = Math.Max(largest, Math.Min(1, (order.Length - rank) * pValues[order[rank]]));
        return adjusted;
    }
}
