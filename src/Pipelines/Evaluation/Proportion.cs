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
    public ConfidenceInterval Interval
    {
        get
        {
            const double z = ConfidenceInterval.NormalQuantile;
            double failures = Trials - Successes;
            double halfWidth = z * Math.Sqrt(z * z + 4 * Successes * failures / Trials);
            double center = 2.0 * Successes + z * z;
            double scale = 2 * (Trials + z * z);
            // At the ends the roots are 0 and 1 but for rounding.
            return new ConfidenceInterval(
                Successes == 0 ? 0 : (center - halfWidth) / scale,
                Successes == Trials ? 1 : (center + halfWidth) / scale);
        }
    }

    /// <summary>Counts the successes of a list of outcomes.</summary>
    /// <param name="outcomes">One outcome a trial; one or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no outcome.</exception>
    public static Proportion Of(IReadOnlyCollection<bool> outcomes) => new(outcomes.Count(success => success), outcomes.Count);
}
