namespace MLNetAttn.Modeling;

/// <summary>The peaks of a metric along a response (the paper does not define them): what <c>scipy.signal.find_peaks</c> finds with a least
/// prominence.</summary>
public static class RhythmPeaks
{
    /// <summary>Finds the peaks of the defined part of a series: strict local maxima, never at an end, a flat top once at its middle rounded down, that stand
    /// out by at least <paramref name="prominence"/>.</summary>
    /// <param name="series">One value per token; NaN = undefined, left out.</param>
    /// <param name="prominence">How far a peak must stand above the higher of the two lowest points that separate it from higher ground, in standard deviations
    /// (population) of the defined part. Default 0.5; 0 = every strict maximum.</param>
    /// <returns>Their indices in the series, ascending.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The prominence is negative or not finite.</exception>
    public static int[] Find(ReadOnlySpan<double> series, double prominence = 0.5)
    {
        if (!(prominence >= 0 && double.IsFinite(prominence))) throw new ArgumentOutOfRangeException(nameof(prominence), prominence, "Expected 0 or more.");
        List<int> places = [];
        List<double> defined = [];
        for (int i = 0; i < series.Length; i++)
        {
            if (double.IsNaN(series[i])) continue;
            places.Add(i);
            defined.Add(series[i]);
        }
        double[] values = [.. defined];
        double least = prominence > 0 ? prominence * StandardDeviation(values) : 0;
        List<int> peaks = [];
        for (int i = 1; i < values.Length - 1; i++)
        {
            if (values[i - 1] >= values[i]) continue;
            int last = i;
            while (last < values.Length - 1 && values[last + 1] == values[i]) last++;
            int middle = (i + last) / 2;
            if (last < values.Length - 1 && values[last + 1] < values[i] && Prominence(values, middle) >= least) peaks.Add(places[middle]);
            i = last;
        }
        return [.. peaks];
    }

    /// <summary>As <see cref="Find(ReadOnlySpan{double}, double)"/>, for the arrays of a <see cref="RhythmAnalysis"/>.</summary>
    /// <param name="series">One value per token; NaN = undefined, left out.</param>
    /// <param name="prominence">The least prominence, in standard deviations. Default 0.5; 0 = every strict maximum.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prominence is negative or not finite.</exception>
    public static int[] Find(ReadOnlySpan<float> series, double prominence = 0.5)
    {
        double[] values = new double[series.Length];
        for (int i = 0; i < values.Length; i++) values[i] = series[i];
        return Find(values, prominence);
    }

    /// <summary>The tokens where a peak of FAI is coupled to one of WAAD: at the peak, or one token after it. The last may lie behind the response.</summary>
    internal static IReadOnlySet<int> CoupledTo(IEnumerable<int> waadPeaks) => waadPeaks.SelectMany(peak => new[] { peak, peak + 1 }).ToHashSet();

    /// <summary>The peak's height above the higher of the lowest points to its left and to its right, each as far as nothing is higher than the peak.</summary>
    private static double Prominence(double[] values, int peak)
    {
        double left = values[peak], right = values[peak];
        for (int i = peak; i >= 0 && values[i] <= values[peak]; i--) left = Math.Min(left, values[i]);
        for (int i = peak; i < values.Length && values[i] <= values[peak]; i++) right = Math.Min(right, values[i]);
        return values[peak] - Math.Max(left, right);
    }

    private static double StandardDeviation(double[] values)
    {
        if (values.Length == 0) return 0;
        double mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }
}
