namespace MLNetAttn.Estimators;

/// <summary>Mean and sample standard deviation (n − 1) of the rewards that are there; NaN where they are undefined.</summary>
internal readonly record struct RewardStatistics(double Mean, double Deviation)
{
    public static RewardStatistics Of(ReadOnlySpan<double> values)
    {
        double sum = 0, squares = 0, low = double.PositiveInfinity, high = double.NegativeInfinity;
        int count = 0;
        foreach (double value in values)
        {
            if (double.IsNaN(value)) continue;
            (sum, low, high, count) = (sum + value, Math.Min(low, value), Math.Max(high, value), count + 1);
        }
        if (count == 0) return new(double.NaN, double.NaN);
        // Equal values: a mean that is off by one unit in the last place would make advantages out of nothing.
        if (low == high) return new(low, count > 1 ? 0 : double.NaN);
        double mean = sum / count;
        foreach (double value in values)
            if (!double.IsNaN(value)) squares += (value - mean) * (value - mean);
        return new(mean, Math.Sqrt(squares / (count - 1)));
    }

    public static RewardStatistics Of(IEnumerable<double> values) => Of(values.ToArray());

    /// <summary>Puts them among metrics, under a name and its parts' names: name/mean, name/std.</summary>
    public void AddTo(Dictionary<string, double> metrics, string name) => (metrics[$"{name}/mean"], metrics[$"{name}/std"]) = (Mean, Deviation);
}
