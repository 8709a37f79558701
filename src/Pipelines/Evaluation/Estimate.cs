namespace MLNetAttn.Pipelines;

/// <summary>A number that was estimated from a sample.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Interval">Its 95 % interval.</param>
public readonly record struct Estimate(double Value, ConfidenceInterval Interval)
{
    /// <summary>The mean of a few independent measurements, such as those of runs with different seeds, with Student's interval; of a single one the interval
    /// is unbounded.</summary>
    /// <param name="values">The measurements; at least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Estimate OfMean(IReadOnlyList<double> values)
    {
        if (values.Count == 0) throw new ArgumentException("There is no value, expected at least one.", nameof(values));
        double mean = values.Average();
        if (values.Count == 1) return new Estimate(mean, ConfidenceInterval.Unbounded);
        double halfWidth = StudentT.Quantile(values.Count - 1)
            * Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1) / values.Count);
        return new Estimate(mean, new ConfidenceInterval(mean - halfWidth, mean + halfWidth));
    }
}
