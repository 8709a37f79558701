namespace MLNetAttn.Estimators;

/// <summary>Averages metrics over the parts of a step; minima and maxima stay what they are.</summary>
internal sealed class MetricSums
{
    private readonly Dictionary<string, (double Value, int Count)> _sums = [];

    /// <summary>Adds a part's metrics. Undefined ones are left out.</summary>
    public void Add(IReadOnlyDictionary<string, double> metrics)
    {
        foreach ((string name, double value) in metrics) Add(name, value);
    }

    /// <summary>Adds one metric of a part.</summary>
    public void Add(string name, double value)
    {
        if (!_sums.TryGetValue(name, out (double Value, int Count) sum)) sum = (double.NaN, 0);
        if (double.IsNaN(value)) _sums[name] = sum;
        else if (sum.Count == 0) _sums[name] = (value, 1);
        else if (name.EndsWith("_min", StringComparison.Ordinal)) _sums[name] = (Math.Min(sum.Value, value), 1);
        else if (name.EndsWith("_max", StringComparison.Ordinal)) _sums[name] = (Math.Max(sum.Value, value), 1);
        else _sums[name] = (sum.Value + value, sum.Count + 1);
    }

    /// <summary>The means; NaN where no part had a defined value.</summary>
    public Dictionary<string, double> Means() => _sums.ToDictionary(entry => entry.Key, entry => entry.Value.Value / Math.Max(1, entry.Value.Count));
}
