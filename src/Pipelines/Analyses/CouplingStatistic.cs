namespace MLNetAttn.Pipelines;

/// <summary>One statistic of coupling: what was observed, and what chance would give.</summary>
/// <param name="Random">What chance would give.</param>
/// <param name="Observed">What was observed.</param>
/// <param name="LiftInterval">The 95 % bootstrap interval of <see cref="Lift"/> over responses; unbounded where all draws are alike, as
/// those of one response.</param>
/// <param name="PValue">How probable a statistic at least as large is where the peaks lie anywhere in their responses, by permutation; one-sided.</param>
public sealed record CouplingStatistic(double Random, double Observed, ConfidenceInterval LiftInterval, double PValue)
{
    /// <summary>(observed − random) / random; NaN where there are no peaks.</summary>
    public double Lift => (Observed - Random) / Random;
}
