namespace MLNetAttn.Pipelines;

/// <summary>A 95 % confidence interval.</summary>
/// <param name="Lower">The lower end; −∞ where the sample says nothing of how it varies, as a sample of one.</param>
/// <param name="Upper">The upper end; +∞ likewise.</param>
public readonly record struct ConfidenceInterval(double Lower, double Upper)
{
    /// <summary>The 0.975 quantile of the standard normal distribution: the half width of a 95 % interval in standard errors.</summary>
    internal const double NormalQuantile = 1.959963984540054;

    /// <summary>What is known where a sample says nothing of how it varies.</summary>
    internal static ConfidenceInterval Unbounded => new(double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>Whether a value lies in the interval, its ends included.</summary>
    /// <param name="value">The value.</param>
    public bool Contains(double value) => value >= Lower && value <= Upper;
}
