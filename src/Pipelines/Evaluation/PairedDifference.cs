namespace MLNetAttn.Pipelines;

/// <summary>The change of an accuracy between two measurements on the same problems, such as before and after training.</summary>
public sealed record PairedDifference
{
    private readonly int _bothRight;
    private readonly int _bothWrong;

    private PairedDifference(int bothRight, int lost, int gained, int bothWrong)
    {
        (_bothRight, Lost, Gained, _bothWrong) = (bothRight, lost, gained, bothWrong);
        int trials = bothRight + lost + gained + bothWrong;
        Before = new Proportion(bothRight + lost, trials);
        After = new Proportion(bothRight + gained, trials);
    }

    /// <summary>The accuracy of the first measurement.</summary>
    public Proportion Before { get; }

    /// <summary>The accuracy of the second measurement.</summary>
    public Proportion After { get; }

    /// <summary>How many problems were wrong before and right after.</summary>
    public int Gained { get; }

    /// <summary>How many problems were right before and wrong after.</summary>
    public int Lost { get; }

    /// <summary>The accuracy after minus the accuracy before, −1 to 1.</summary>
    public double Value => (double)(Gained - Lost) / Before.Trials;

    /// <summary>
    /// The 95 % interval of <see cref="Value"/> by Newcombe's square-and-add method for paired proportions with continuity-corrected correlation
    /// (Statistics in Medicine 17, 1998, 2635–2650, method 10): Wilson's intervals of both accuracies, combined by the correlation of the pairs.
    /// </summary>
    public ConfidenceInterval Interval
    {
        get
        {
            ConfidenceInterval before = Before.Interval, after = After.Interval;
            double correlation = Correlation;
            return new ConfidenceInterval(
                Value - Combine(After.Value - after.Lower, before.Upper - Before.Value, correlation),
                Value + Combine(after.Upper - After.Value, Before.Value - before.Lower, correlation));
        }
    }

    // Newcombe's φ: half a problem is taken off a positive covariance, never turning its sign; 0 where a margin is empty.
    private double Correlation
    {
        get
        {
            double margins = (double)Before.Successes * (Before.Trials - Before.Successes) * After.Successes * (After.Trials - After.Successes);
            if (margins == 0)
                return 0;
            double covariance = (double)_bothRight * _bothWrong - (double)Gained * Lost;
            double corrected = covariance > 0 ? Math.Max(0, covariance - Before.Trials / 2.0) : covariance;
            return corrected / Math.Sqrt(margins);
        }
    }

    /// <summary>Compares two measurements.</summary>
    /// <param name="before">Whether each problem was right in the first measurement; one or more.</param>
    /// <param name="after">Whether each problem was right in the second measurement, in the same order.</param>
    /// <exception cref="ArgumentException">The lists are empty or differ in length.</exception>
    public static PairedDifference Of(IReadOnlyList<bool> before, IReadOnlyList<bool> after)
    {
        if (before.Count == 0 || before.Count != after.Count)
            throw new ArgumentException(
                $"There are {before.Count} outcomes before and {after.Count} after; give one before and one after for each problem.",
                nameof(after));
        int bothRight = 0, lost = 0, gained = 0, bothWrong = 0;
        foreach ((bool wasRight, bool isRight) in before.Zip(after))
        {
            switch (wasRight, isRight)
            {
                case (true, true): bothRight++; break;
                case (true, false): lost++; break;
                case (false, true): gained++; break;
                default: bothWrong++; break;
            }
        }
        return new PairedDifference(bothRight, lost, gained, bothWrong);
    }

    private static double Combine(double a, double b, double correlation) => Math.Sqrt(Math.Max(0, a * a - 2 * correlation * a * b + b * b));
}
