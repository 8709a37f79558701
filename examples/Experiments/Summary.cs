using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>What the runs of an experiment say together.</summary>
internal sealed record Summary
{
    /// <summary>What is compared, and what a row of the table has for it. The first is the one to judge by: it is what training optimises, on problems it has not seen, with the least noise.</summary>
    public static IReadOnlyList<(string Name, Func<RunResult, double> Of)> Measures { get; } =
    [
        ("sampled accuracy", run => run.After.Sampled),
        ("greedy accuracy", run => run.After.Greedy),
        ("reward, last third", run => run.LastThirdReward),
        ("responses cut, last third", run => run.LastThirdClipped),
    ];

    public required IReadOnlyList<ArmSummary> Arms { get; init; }

    /// <summary>The accuracy of the model that all runs start from.</summary>
    public required Accuracy Before { get; init; }

    public required IReadOnlyList<RunResult> Runs { get; init; }

    /// <exception cref="ArgumentException">There are no runs.</exception>
    public static Summary Of(IReadOnlyList<RunResult> runs)
    {
        if (runs.Count == 0) throw new ArgumentException("No run has ended yet.", nameof(runs));
        string[] arms = [.. Arm.All.Select(arm => arm.Name).Where(arm => runs.Any(run => run.Arm == arm))];
        Dictionary<string, PairedTTest?[]> tests = arms.ToDictionary(arm => arm, arm => Measures.Select(measure => Compare(runs, arm, measure.Of)).ToArray());
        double[][] adjusted = [.. Measures.Select((_, m) => HolmCorrection.Adjust([.. arms.Select(arm => tests[arm][m]?.PValue ?? double.NaN)]))];
        return new Summary
        {
            Before = runs[0].Before,
            Runs = runs,
            Arms =
            [
                .. arms.Select((arm, a) => new ArmSummary(arm, [.. runs.Where(run => run.Arm == arm).Select(run => run.Seed)],
                [
                    .. Measures.Select((measure, m) => new MeasureSummary(
                        measure.Name, Estimate.OfMean([.. runs.Where(run => run.Arm == arm).Select(measure.Of)]), tests[arm][m]?.Difference, tests[arm][m]?.PValue ?? double.NaN, adjusted[m][a])),
                ])),
            ],
        };
    }

    /// <summary>Over the seeds that both have; null for the baseline itself and where there is no such seed.</summary>
    private static PairedTTest? Compare(IReadOnlyList<RunResult> runs, string arm, Func<RunResult, double> measure)
    {
        if (arm == Arm.Baseline) return null;
        var pairs = runs.Where(run => run.Arm == arm).Join(runs.Where(run => run.Arm == Arm.Baseline), run => run.Seed, run => run.Seed, (run, baseline) => (run, baseline)).ToList();
        return pairs.Count == 0 ? null : PairedTTest.Of([.. pairs.Select(pair => measure(pair.baseline))], [.. pairs.Select(pair => measure(pair.run))]);
    }
}

/// <summary>One strategy over its seeds.</summary>
internal sealed record ArmSummary(string Arm, IReadOnlyList<long> Seeds, IReadOnlyList<MeasureSummary> Measures);

/// <summary>One measure of one strategy.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Mean">Over seeds, with Student's 95 % interval.</param>
/// <param name="Difference">From uniform credit, paired by seed; null for uniform.</param>
/// <param name="PValue">Of the paired t-test, two-sided.</param>
/// <param name="HolmPValue">The same after Holm's correction for the strategies that were compared.</param>
internal sealed record MeasureSummary(string Name, Estimate Mean, Estimate? Difference, double PValue, double HolmPValue);
