namespace MLNetAttn.Pipelines;

/// <summary>The difference between two models, or one model before and after training, on the same problems.</summary>
public sealed record EvaluationComparison
{
    private EvaluationComparison(double before, double after, double[] differences, int draws, long seed)
    {
        (Before, After) = (before, after);
        double[] means = Bootstrap.Draw(differences.Length, draws, seed, drawn => drawn.Average(problem => differences[problem]));
        Interval = Bootstrap.Percentiles(means);
        double below = (1.0 + means.Count(mean => mean <= 0)) / (1 + draws), above = (1.0 + means.Count(mean => mean >= 0)) / (1 + draws);
        PValue = Math.Min(1, 2 * Math.Min(below, above));
    }

    /// <summary>avg@k of the first.</summary>
    public double Before { get; }

    /// <summary>avg@k of the second.</summary>
    public double After { get; }

    /// <summary>The second minus the first.</summary>
    public double Difference => After - Before;

    /// <summary>The 95 % interval of <see cref="Difference"/> by the paired bootstrap: problems are drawn anew, with the responses of both.</summary>
    public ConfidenceInterval Interval { get; }

    /// <summary>Twice the share of draws on the rarer side of 0, with the observation counted among them.</summary>
    public double PValue { get; }

    /// <summary>Compares two evaluations.</summary>
    /// <param name="before">The first.</param>
    /// <param name="after">The second, on the same problems in the same order; it may have another number of samples.</param>
    /// <param name="bootstrapDraws">How often problems are drawn; at least 100.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <exception cref="ArgumentException">The evaluations have different numbers of problems, or there are too few draws.</exception>
    public static EvaluationComparison Of(EvaluationResult before, EvaluationResult after, int bootstrapDraws = 10_000, long seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bootstrapDraws, 100);
        if (before.Problems != after.Problems)
            throw new ArgumentException(
                $"One evaluation has {before.Problems} problems and the other {after.Problems}; expected the same problems in the same order.",
                nameof(after));
        double[] first = before.Shares, second = after.Shares;
        return new EvaluationComparison(first.Average(), second.Average(), [.. second.Zip(first, (a, b) => a - b)], bootstrapDraws, seed);
    }

    /// <summary>JSON with names in snake_case.</summary>
    public string ToJson() => ResultText.Json(this);

    /// <summary>A table.</summary>
    public override string ToString() => ResultText.Table(
        ["before", "after", "difference", "95 % interval", "p"],
        [
            ResultText.Percent(Before),
            ResultText.Percent(After),
            ResultText.SignedPercent(Difference),
            ResultText.SignedPercents(Interval),
            ResultText.Probability(PValue),
        ]);
}
