using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>Writes what came out: results.md, results.json, curves.png, differences.png.</summary>
internal static class Report
{
    // A step's reward is the mean of a few hundred coins: single steps say nothing.
    private const int Smoothing = 5;

    private static readonly string[] Curves = ["reward", "completions/mean_length", "completions/clipped_ratio", "entropy"];

    /// <param name="folder">The experiment.</param>
    /// <param name="baseline">The strategy to compare the others with.</param>
    public static Summary Write(ExperimentFolder folder, string baseline = Arm.Baseline)
    {
        ExperimentSettings settings = ExperimentFolder.Read<ExperimentSettings>(folder.SettingsFile);
        Summary summary = Summary.Of(folder.Results(), baseline);
        ExperimentFolder.Write(folder.In("results.json"), summary);
        ExperimentFolder.WriteText(folder.In("results.md"), SummaryText.Markdown(summary, settings));
        RhythmPicture
            .Training(
                [.. summary.Arms.SelectMany(arm => Mean(folder, arm))],
                new PictureOptions { Width = 1300, Height = 1300, Title = $"Means over seeds, of {Smoothing} steps each" })
            .SavePng(folder.In("curves.png"));
        (string Name, Estimate Estimate)[] differences =
        [
            .. summary.Arms.Where(arm => arm.Measures[0].Difference is not null).Select(arm => (arm.Arm, Points(arm.Measures[0].Difference!.Value))),
        ];
        // A picture of another baseline's differences would not belong to these tables.
        File.Delete(folder.In("differences.png"));
        if (differences.Length > 0)
            RhythmPicture
                .Estimates(
                    differences,
                    $"{Summary.Measures[0].Name}: difference from {baseline} (points), paired by seed, 95 % interval",
                    new PictureOptions { Width = 1100, Height = 500 })
                .SavePng(folder.In("differences.png"));
        return summary;
    }

    private static Estimate Points(Estimate share) => new(100 * share.Value, new ConfidenceInterval(100 * share.Interval.Lower, 100 * share.Interval.Upper));

    private static IEnumerable<TrainingCurve> Mean(ExperimentFolder folder, ArmSummary arm) =>
        from curve in arm.Seeds.SelectMany(seed => TrainingCurve.Read(arm.Arm, folder.Run(arm.Arm, seed).MetricsFile, Curves))
        group curve by curve.Metric into runs
        let steps = runs.Min(run => run.Steps.Count)
        let values = Enumerable.Range(0, steps).Select(step => runs.Average(run => run.Values[step])).ToArray()
        select new TrainingCurve(
            runs.Key, arm.Arm, [.. runs.First().Steps.Take(steps)],
            [.. values.Select((_, step) => values[Math.Max(0, step - Smoothing + 1)..(step + 1)].Average())]);
}
