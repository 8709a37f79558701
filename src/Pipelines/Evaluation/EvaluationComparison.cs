namespace MLNetAttn.Pipelines;

/// <summary>The difference between two models, or one model before and after training, on the same problems.</summary>
public sealed record EvaluationComparison
{
    private EvaluationComparison(double[] before, double[] after, int draws, long seed)
    {
        (Before, After) = (before.Average(), after.Average());
        double[] differences = [.. after.Zip(before, (a, b) => a - b)];
        bool alike = Array.TrueForAll(differences, difference => difference == differences[0]);
        Interval = alike && before.Concat(after).All(share => share is 0 or 1)
            ? PairedDifference.Of([.. before.Select(share => share == 1)], [.. after.Select(share => share == 1)]).Interval
            : Bootstrap.Interval(differences.Length, draws, seed, drawn => drawn.Average(problem => differences[problem]));
        PValue = SignFlipTest.TwoSidedP(differences, draws, seed);
    }

    /// <summary>avg@k of the first.</summary>
    public double Before { get; }

    /// <summary>avg@k of the second.</summary>
    public double After { get; }

    /// <summary>The second minus the first.</summary>
    public double Difference => After - Before;

    /// <summary>The 95 % interval of <see cref="Difference"/> by the paired bootstrap: problems are drawn anew, with the responses of both.
    /// Where no problem differs from another, draws say nothing: then it is Newcombe's (<see cref="PairedDifference.Interval"/>) if each problem was all right
    /// or all wrong, and unbounded otherwise.</summary>
    public ConfidenceInterval Interval { get; }

    /// <summary>The two-sided p-value of a paired permutation test: how often the mean difference is at least as far from 0 where before and after are
    /// exchanged in each problem by the toss of a coin. Where at most 20 problems differ it is exact (with one sample each: McNemar's exact test), else from
    /// as many draws as the bootstrap's, and never below 1 / (1 + these). 1 where no problem differs.</summary>
    public double PValue { get; }

    /// <summary>Compares two evaluations.</summary>
    /// <param name="before">The first.</param>
    /// <param name="after">The second, on the same problems in the same order; it may have another number of samples.</param>
    /// <param name="bootstrapDraws">How often problems are drawn, and before and after exchanged; at least 100.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <exception cref="ArgumentException">The evaluations have different numbers of problems, or there are too few draws.</exception>
    public static EvaluationComparison Of(EvaluationResult before, EvaluationResult after, int bootstrapDraws = 10_000, long seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bootstrapDraws, 100);
        if (before.Problems != after.Problems)
            throw new ArgumentException(
                $"One evaluation has {before.Problems} problems and the other {after.Problems}; expected the same problems in the same order.",
                nameof(after));
        return new EvaluationComparison(before.Shares, after.Shares, bootstrapDraws, seed);
    }

    /// <summary>JSON with names in snake_case.</summary>
    public string ToJson() => ResultText.Json(this);

    /// <summary>The table, for a report (<see cref="RhythmReport.Add(ReportTable)"/>).</summary>
    public ReportTable ToTable() => new(
        "Before and after",
        ["before", "after", "difference", "95 % interval", "p"],
        [
            [
                ResultText.Percent(Before),
                ResultText.Percent(After),
                ResultText.SignedPercent(Difference),
                ResultText.SignedPercents(Interval),
                ResultText.Probability(PValue),
            ],
        ])
    { Note = "Shares of right responses to the same problems; the interval by the paired bootstrap over problems, p by a paired permutation test, two-sided." };

    /// <summary>A table.</summary>
    public override string ToString() => ResultText.Table(ToTable());
}
