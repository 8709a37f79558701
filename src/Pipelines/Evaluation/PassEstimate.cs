namespace MLNetAttn.Pipelines;

/// <summary>pass@k: how probable it is that at least one of k responses to a problem is right.</summary>
/// <param name="K">k.</param>
/// <param name="Estimate">The mean over problems, with the bootstrap interval over problems.</param>
public readonly record struct PassEstimate(int K, Estimate Estimate)
{
    /// <summary>The unbiased estimate for one problem (Chen et al., arXiv 2107.03374, Eq. 1): 1 − C(n−c, k) / C(n, k).</summary>
    /// <param name="samples">n: responses; 1 or more.</param>
    /// <param name="right">c: how many of them are right; 0 to n.</param>
    /// <param name="k">k; 1 to n.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside these ranges.</exception>
    public static double OfProblem(int samples, int right, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(right);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(right, samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, samples);
        if (samples - right < k) return 1;
        double allWrong = 1;
        for (int i = samples - right + 1; i <= samples; i++) allWrong *= 1 - (double)k / i;
        return 1 - allWrong;
    }
}
