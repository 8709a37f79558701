using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Intervals from resampling what was observed (Efron's percentile bootstrap).</summary>
internal static class Bootstrap
{
    /// <summary>The 95 % percentile interval of a statistic over draws with replacement of as many units as there are; draws that leave it undefined (NaN) do
    /// not count. Unbounded where all draws are alike, as those of a single unit: they do not say how the statistic varies.</summary>
    /// <param name="units">How many units there are.</param>
    /// <param name="draws">How often they are drawn anew.</param>
    /// <param name="seed">The seed of the draws: the same gives the same draws, so that two statistics may be compared draw by draw.</param>
    /// <param name="statistic">Of the units drawn, by index.</param>
    public static ConfidenceInterval Interval(int units, int draws, long seed, Func<int[], double> statistic)
    {
        double[] values = [.. Draw(units, draws, seed, statistic).Where(value => !double.IsNaN(value))];
        return values.Length > 0 && Array.TrueForAll(values, value => value == values[0]) ? ConfidenceInterval.Unbounded : Percentiles(values);
    }

    /// <summary>The statistic of every draw.</summary>
    public static double[] Draw(int units, int draws, long seed, Func<int[], double> statistic)
    {
        var random = new SeededRandom(seed);
        double[] values = new double[draws];
        int[] drawn = new int[units];
        for (int draw = 0; draw < draws; draw++)
        {
            for (int i = 0; i < units; i++) drawn[i] = random.Next(units);
            values[draw] = statistic(drawn);
        }
        return values;
    }

    /// <summary>The 2.5 and 97.5 % percentiles of the defined values, by straight lines between order statistics; NaN if there are none.</summary>
    public static ConfidenceInterval Percentiles(double[] values)
    {
        double[] sorted = [.. values.Where(value => !double.IsNaN(value)).Order()];
        return new ConfidenceInterval(TokenSeries.Quantile(sorted, 0.025), TokenSeries.Quantile(sorted, 0.975));
    }
}
