namespace MLNetAttn.Pipelines;

/// <summary>The question of <see cref="PairedTTest"/> where differences are far from normal, such as most near 0 and some far away: Wilcoxon's signed-rank test
/// for pairs, exact.</summary>
public sealed record SignedRankTest
{
    private SignedRankTest(double rankSum, double p, int pairs) => (RankSum, PValue, Pairs) = (rankSum, p, pairs);

    /// <summary>W⁺: the ranks, by size from 1, of the differences above 0, added up. Equal sizes share their mean rank.</summary>
    public double RankSum { get; }

    /// <summary>The two-sided p-value: how probable a rank sum at least as far from the middle is if each difference has either sign with equal probability.
    /// NaN where no pair differs, or a measurement is NaN or infinite.</summary>
    public double PValue { get; }

    /// <summary>How many pairs differ; the others do not count.</summary>
    public int Pairs { get; }

    /// <summary>Compares two lists of measurements.</summary>
    /// <param name="first">The first way's; at least one.</param>
    /// <param name="second">The second way's, in the same order of pairs. Differences are the second minus the first; below 1e-12 of the largest measurement
    /// they are 0, or equal.</param>
    /// <exception cref="ArgumentException">The lists are empty or differ in length.</exception>
    public static SignedRankTest Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        PairedMeasurements.Require(first, second);
        double unit = PairedMeasurements.Noise(first, second);
        double[] differences = unit == 0 ? [] : [.. second.Zip(first, (b, a) => Math.Round((b - a) / unit)).Where(difference => difference != 0)];
        if (differences.Length == 0) return new SignedRankTest(0, double.NaN, 0);
        if (differences.Any(double.IsNaN)) return new SignedRankTest(double.NaN, double.NaN, differences.Length);
        int[] ranks = DoubledRanks([.. differences.Select(Math.Abs)]);
        int positive = ranks.Where((_, pair) => differences[pair] > 0).Sum();
        return new SignedRankTest(positive / 2.0, TwoSidedP(ranks, positive), differences.Length);
    }

    /// <summary>Twice the rank of each size, which is whole where ranks are means, too.</summary>
    private static int[] DoubledRanks(double[] sizes) =>
        [.. sizes.Select(size => 2 * sizes.Count(other => other < size) + sizes.Count(other => other == size) + 1)];

    private static double TwoSidedP(int[] ranks, int positive)
    {
        // probabilities[w]: that the ranks so far with a positive sign add up to w.
        int all = ranks.Sum();
        double[] probabilities = new double[all + 1];
        probabilities[0] = 1;
        foreach (int rank in ranks)
            for (int sum = all; sum >= 0; sum--)
                probabilities[sum] = (probabilities[sum] + (sum >= rank ? probabilities[sum - rank] : 0)) / 2;
        // The distribution is symmetric: either tail has what the other has.
        return Math.Min(1, 2 * probabilities.Take(Math.Min(positive, all - positive) + 1).Sum());
    }
}
