namespace MLNetAttn.Pipelines;

/// <summary>A share of successes in independent trials, such as an accuracy on distinct problems.</summary>
public readonly record struct Proportion
{
    /// <summary>A share of successes.</summary>
    /// <param name="successes">How many trials succeeded; 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">How many trials there were; 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside these ranges.</exception>
    public Proportion(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        Successes = successes;
        Trials = trials;
    }

    /// <summary>How many trials succeeded.</summary>
    public int Successes { get; }

    /// <summary>How many trials there were.</summary>
    public int Trials { get; }

    /// <summary>The share, 0 to 1.</summary>
    public double Value => (double)Successes / Trials;

    /// <summary>Wilson's score interval (1927) with 95 % confidence, without continuity correction: it stays within 0 and 1 and holds for small numbers
    /// too.</summary>
    public ConfidenceInterval Interval => Wilson(Successes, Trials);

    /// <summary>Counts the successes of a list of outcomes.</summary>
    /// <param name="outcomes">One outcome a trial; one or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no outcome.</exception>
    public static Proportion Of(IReadOnlyCollection<bool> outcomes) => new(outcomes.Count(success => success), outcomes.Count);

    /// <summary>The interval for successes that need not be whole: parts of trials.</summary>
    internal static ConfidenceInterval Wilson(double successes, int trials)
    {
        const double z = ConfidenceInterval.NormalQuantile;
        double failures = trials - successes;
        double halfWidth = z * Math.Sqrt(z * z + 4 * successes * failures / trials);
        double center = 2 * successes + z * z;
        double scale = 2 * (trials + z * z);
        // At the ends the roots are 0 and 1 but for rounding.
        return new ConfidenceInterval(
            successes == 0 ? 0 : (center - halfWidth) / scale,
            successes == trials ? 1 : (center + halfWidth) / scale);
    }
}
