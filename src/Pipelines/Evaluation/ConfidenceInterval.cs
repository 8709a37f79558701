namespace MLNetAttn.Pipelines;

/// <summary>A 95 % confidence interval.</summary>
/// <param name="Lower">The lower end.</param>
/// <param name="Upper">The upper end.</param>
public readonly record struct ConfidenceInterval(double Lower, double Upper)
{
    /// <summary>The 0.975 quantile of the standard normal distribution: the half width of a 95 % interval in standard errors.</summary>
    internal const double NormalQuantile = 1.959963984540054;

    /// <summary>Whether a value lies in the interval, its ends included.</summary>
    /// <param name="value">The value.</param>
    public bool Contains(double value) => value >= Lower && value <= Upper;
}
