namespace MLNetAttn.Pipelines;

/// <summary>The difference between two ways of doing something, each measured once per pair: two trainings with the same seeds. Student's t-test for
/// pairs.</summary>
public sealed record PairedTTest
{
    private PairedTTest(Estimate difference, double p, int pairs) => (Difference, PValue, Pairs) = (difference, p, pairs);

    /// <summary>The mean over pairs of the second minus the first, with its 95 % interval.</summary>
    public Estimate Difference { get; }

    /// <summary>The two-sided p-value; NaN with one pair, or where all differences are equal within 1e-12 of the largest measurement: the test knows chance
    /// from how they vary.</summary>
    public double PValue { get; }

    /// <summary>How many pairs there are.</summary>
    public int Pairs { get; }

    /// <summary>Compares two lists of measurements.</summary>
    /// <param name="first">The first way's; at least one.</param>
    /// <param name="second">The second way's, in the same order of pairs.</param>
    /// <exception cref="ArgumentException">The lists are empty or differ in length.</exception>
    public static PairedTTest Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        PairedMeasurements.Require(first, second);
        Estimate difference = Estimate.OfMean([.. second.Zip(first, (b, a) => b - a)]);
        if (first.Count == 1) return new PairedTTest(difference, double.NaN, 1);
        double standardError = (difference.Interval.Upper - difference.Value) / StudentT.Quantile(first.Count - 1);
        if (standardError <= PairedMeasurements.Noise(first, second)) return new PairedTTest(difference, double.NaN, first.Count);
        return new PairedTTest(difference, StudentT.TwoSidedP(difference.Value / standardError, first.Count - 1), first.Count);
    }
}
