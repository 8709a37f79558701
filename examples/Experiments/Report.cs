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
    /// <param name="output">Given the tables, and told which picture cannot be drawn.</param>
    /// <exception cref="InvalidDataException">The folder holds runs that are not comparable.</exception>
    /// <exception cref="InvalidOperationException">No run has ended.</exception>
    public static Summary Write(ExperimentFolder folder, string baseline, TextWriter output)
    {
        ExperimentSettings settings = ExperimentFolder.Read<ExperimentSettings>(folder.SettingsFile);
        new FolderRules(folder).RequireOneExperiment(settings);
        IReadOnlyList<RunResult> results = folder.Results();
        Summary summary = Summary.Of(results, baseline);
        ExperimentFolder.Write(folder.In("results.json"), summary);
        string tables = SummaryText.Markdown(summary, settings, ReportNotes.Of(folder, results));
        ExperimentFolder.WriteText(folder.In("results.md"), tables);
        output.Write(tables);
        Draw(folder.In("curves.png"), () => RhythmPicture.Training(
            [.. summary.Arms.SelectMany(arm => Mean(folder, arm))],
            new PictureOptions { Width = 1300, Height = 1300, Title = $"Means over seeds, of {Smoothing} steps each" }));
        // Of one seed there is no interval, and a point would pass for a narrow one.
        (string Name, Estimate Estimate)[] differences =
        [
            .. from arm in summary.Arms
               where arm.Measures[0] is { Difference: not null, Pairs: > 1 }
               select (arm.Arm, Points(arm.Measures[0].Difference!.Value)),
        ];
        Draw(folder.In("differences.png"), () => differences.Length == 0 ? null : RhythmPicture.Estimates(
            differences,
            $"{Summary.Measures[0].Name}: difference from {baseline} (points), paired by seed, 95 % interval",
            new PictureOptions { Width = 1100, Height = 500 }));
        return summary;

        void Draw(string file, Func<RhythmPicture?> picture)
        {
            try
            {
                // An older one would not belong to these tables.
                File.Delete(file);
                picture()?.SavePng(file);
            }
            catch (Exception exception)
            {
                output.WriteLine($"'{file}' could not be drawn: {exception.Message}");
            }
        }
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
