using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>One signal along a response, and what can be said of it. A number that the response does not define is NaN.</summary>
internal sealed class TokenSeries
{
    private readonly double[] _sorted;

    /// <param name="values">One value per token; NaN = undefined.</param>
    /// <param name="prominence">Of its peaks.</param>
    public TokenSeries(double[] values, double prominence)
    {
        (Values, Peaks) = (values, RhythmPeaks.Find(values, prominence));
        _sorted = [.. values.Where(value => !double.IsNaN(value)).Order()];
    }

    /// <summary>One value per token.</summary>
    public double[] Values { get; }

    /// <summary>The peaks' positions.</summary>
    public int[] Peaks { get; }

    /// <summary>Peaks per token with a value.</summary>
    public double PeakRate => (double)Peaks.Length / _sorted.Length;

    /// <summary>The distances from peak to peak.</summary>
    public double[] PeakSpacings => [.. Peaks.Zip(Peaks.Skip(1), (first, second) => (double)(second - first))];

    /// <summary>The mean of the second half of the defined values minus the mean of the first; of an odd number, the one in the middle belongs to
    /// neither.</summary>
    public double Trend
    {
        get
        {
            double[] defined = [.. Values.Where(value => !double.IsNaN(value))];
            int half = defined.Length / 2;
            return Mean(defined[^half..]) - Mean(defined[..half]);
        }
    }

    /// <summary>The mean.</summary>
    public double Average => Mean(_sorted);

    /// <summary>The standard deviation (population).</summary>
    public double Spread => Deviation(_sorted);

    /// <summary>A quantile, by straight lines between order statistics.</summary>
    public double Quantile(double share) => Quantile(_sorted, share);

    /// <summary>A quantile of ascending values, by straight lines between order statistics; NaN if there are none.</summary>
    public static double Quantile(double[] sorted, double share)
    {
        if (sorted.Length == 0) return double.NaN;
        double place = share * (sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    /// <summary>The mean at some positions, undefined values left out.</summary>
    public double MeanAt(IEnumerable<int> positions) => Mean([.. positions.Select(position => Values[position]).Where(value => !double.IsNaN(value))]);

    public static double Mean(double[] values) => values.Length == 0 ? double.NaN : values.Average();

    public static double Deviation(double[] values)
    {
        double mean = Mean(values);
        return Math.Sqrt(Mean([.. values.Select(value => (value - mean) * (value - mean))]));
    }
}
