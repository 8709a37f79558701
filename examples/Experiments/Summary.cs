using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>What the runs of an experiment say together.</summary>
internal sealed record Summary
{
    /// <summary>What is compared, and what a row of the table has for it. The first is the one to judge by: it is what training optimises, on problems it has
    /// not seen, with the least noise.</summary>
    public static IReadOnlyList<(string Name, Func<RunResult, double> Of)> Measures { get; } =
    [
        ("sampled accuracy", run => run.After.Sampled),
        ("greedy accuracy", run => run.After.Greedy),
        ("reward, last third", run => run.LastThirdReward),
        ("responses cut, last third", run => run.LastThirdClipped),
    ];

    public required IReadOnlyList<ArmSummary> Arms { get; init; }

    /// <summary>The strategy that the others are compared with.</summary>
    public required string Baseline { get; init; }

    /// <summary>The accuracy of the model that all runs start from.</summary>
    public required Accuracy Before { get; init; }

    public required IReadOnlyList<RunResult> Runs { get; init; }

    /// <param name="runs">The runs that have ended.</param>
    /// <param name="baseline">The strategy to compare the others with.</param>
    /// <exception cref="InvalidOperationException">There are no runs.</exception>
    public static Summary Of(IReadOnlyList<RunResult> runs, string baseline = Arm.Baseline)
    {
        if (runs.Count == 0) throw new InvalidOperationException("No run has ended yet, so there is nothing to report.");
        string[] arms = [.. Arm.All.Select(arm => arm.Name).Where(arm => runs.Any(run => run.Arm == arm))];
        Dictionary<string, Comparison?[]> tests = arms.ToDictionary(
            arm => arm,
            arm => Measures.Select(measure => Compare(runs, baseline, arm, measure.Of)).ToArray());
        double[][] adjusted = [.. Measures.Select((_, m) => HolmCorrection.Adjust([.. arms.Select(arm => tests[arm][m]?.Means.PValue ?? double.NaN)]))];
        return new Summary
        {
            Baseline = baseline,
            Before = runs[0].Before,
            Runs = runs,
            Arms =
            [
                .. arms.Select((arm, a) => new ArmSummary(arm, [.. runs.Where(run => run.Arm == arm).Select(run => run.Seed)],
                [
                    .. Measures.Select((measure, m) => new MeasureSummary(
                        measure.Name,
                        Estimate.OfMean([.. runs.Where(run => run.Arm == arm).Select(measure.Of)]),
                        tests[arm][m]?.Pairs ?? 0,
                        tests[arm][m]?.Means.Difference,
                        tests[arm][m]?.Means.PValue ?? double.NaN,
                        adjusted[m][a],
                        tests[arm][m]?.Ranks.PValue ?? double.NaN)),
                ])),
            ],
        };
    }

    /// <summary>Over the seeds that both have; null for the baseline itself and where there is no such seed.</summary>
    private static Comparison? Compare(IReadOnlyList<RunResult> runs, string baseline, string arm, Func<RunResult, double> measure)
    {
        if (arm == baseline) return null;
        var pairs = runs
            .Where(run => run.Arm == arm)
            .Join(runs.Where(run => run.Arm == baseline), run => run.Seed, run => run.Seed, (run, other) => (run, other))
            .ToList();
        double[] before = [.. pairs.Select(pair => measure(pair.other))], after = [.. pairs.Select(pair => measure(pair.run))];
        return pairs.Count == 0 ? null : new Comparison(pairs.Count, PairedTTest.Of(before, after), SignedRankTest.Of(before, after));
    }

    private sealed record Comparison(int Pairs, PairedTTest Means, SignedRankTest Ranks);
}

/// <summary>One strategy over its seeds.</summary>
internal sealed record ArmSummary(string Arm, IReadOnlyList<long> Seeds, IReadOnlyList<MeasureSummary> Measures);

/// <summary>One measure of one strategy.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Mean">Over seeds, with Student's 95 % interval.</param>
/// <param name="Pairs">Seeds that the strategy and the baseline both have: what is behind the difference and its p-values.</param>
/// <param name="Difference">From the baseline, paired by seed; null for the baseline itself.</param>
/// <param name="PValue">Of the paired t-test, two-sided.</param>
/// <param name="HolmPValue">The same after Holm's correction for the strategies that were compared.</param>
/// <param name="SignedRankPValue">Of Wilcoxon's exact signed-rank test, two-sided, not corrected.</param>
internal sealed record MeasureSummary(
    string Name, Estimate Mean, int Pairs, Estimate? Difference, double PValue, double HolmPValue, double SignedRankPValue);
