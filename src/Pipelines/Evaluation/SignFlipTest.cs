namespace MLNetAttn.Pipelines;

/// <summary>The paired permutation test of Fisher and Pitman: how far the mean difference lies from 0, against what the toss of a coin in each pair, which
/// way round it is, would give. It asks nothing of how differences are distributed.</summary>
internal static class SignFlipTest
{
    /// <summary>Up to so many differences that are not 0, all 2ⁿ signs are tried.</summary>
    private const int ExactUpTo = 20;

    // Shares and their means differ in their last bits where they are equal.
    private const double Noise = 1e-12;

    /// <summary>The two-sided p-value: how probable a sum at least as far from 0 is if each difference has either sign with equal probability. 1 where no pair
    /// differs. Exact for few differences (McNemar's exact test where all have one size); else from draws, with the observation counted among them.</summary>
    /// <param name="differences">One a pair, none beyond −1 and 1; those of 0 change nothing.</param>
    /// <param name="draws">How many signs are drawn where there are too many to try all; p is then never below 1 / (1 + this).</param>
    /// <param name="seed">The seed of the draws.</param>
    public static double TwoSidedP(IEnumerable<double> differences, int draws, long seed)
    {
        double[] sizes = [.. differences.Where(difference => Math.Abs(difference) > Noise)];
        double observed = Math.Abs(sizes.Sum()) - Noise * (1 + sizes.Length);
        return sizes.Length <= ExactUpTo
            ? Extreme(sizes, 0, 0, observed) / Math.Pow(2, sizes.Length)
            : (1.0 + Drawn(sizes, draws, seed, observed)) / (1 + draws);
    }

    /// <summary>How many of the signs that are left to choose end at least as far from 0.</summary>
    private static int Extreme(ReadOnlySpan<double> left, double sum, int depth, double observed) =>
        depth == left.Length
            ? Math.Abs(sum) >= observed ? 1 : 0
            : Extreme(left, sum + left[depth], depth + 1, observed) + Extreme(left, sum - left[depth], depth + 1, observed);

    private static int Drawn(double[] differences, int draws, long seed, double observed)
    {
        var random = new SeededRandom(seed);
        int atLeast = 0;
        for (int draw = 0; draw < draws; draw++)
        {
            double sum = 0;
            foreach (double difference in differences) sum += random.NextIsBelow(0.5) ? difference : -difference;
            if (Math.Abs(sum) >= observed) atLeast++;
        }
        return atLeast;
    }
}
