using System.Globalization;

namespace MLNetAttn.Experiments;

/// <summary>What a reader of the tables should know that is in no result.</summary>
internal static class ReportNotes
{
    // Enough to look a model up by.
    private const int FingerprintLength = 12;

    /// <summary>Paragraphs, as Markdown.</summary>
    public static IEnumerable<string> Of(ExperimentFolder folder, IReadOnlyList<RunResult> results)
    {
        IReadOnlyList<RunFolder> runs = folder.Runs();
        if (runs.FirstOrDefault(run => run.HasEnded && run.Origin is not null)?.Origin is { } origin)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The model that runs start from has {origin.ModelParameters} parameters, SHA-256 {origin.ModelFingerprint[..Math.Min(FingerprintLength, origin.ModelFingerprint.Length)]}….");
        var starts = results.GroupBy(result => result.Before).ToArray();
        if (starts.Length > 1)
            yield return $"Accuracy before training is not the same for all runs, though one model was measured: {string.Join("; ", starts.Select(Start))}.";
        string[] open = [.. runs.Where(run => !run.HasEnded).Select(run => run.Name)];
        if (open.Length > 0)
            yield return $"Begun, not ended, and in no table: {string.Join(", ", open)}. Why is in their log.txt; run goes on with them.";
        var warnings = runs
            .SelectMany(run => run.Warnings().DistinctBy(CampaignProgress.Kind).Select(text => (run, text)))
            .GroupBy(warning => CampaignProgress.Kind(warning.text))
            .ToArray();
        if (warnings.Length > 0)
            yield return "Warnings, with the numbers of the first run:\n\n" + string.Join('\n', warnings.Select(Warning));
    }

    private static string Start(IGrouping<Accuracy, RunResult> start) =>
        $"{SummaryText.Percent(start.Key.Sampled)} sampled and {SummaryText.Percent(start.Key.Greedy)} greedy of {string.Join(", ", start.Select(run => $"{run.Arm}-{run.Seed}"))}";

    private static string Warning(IGrouping<string, (RunFolder Run, string Text)> kind)
    {
        int count = kind.Count();
        return $"- {count} {(count == 1 ? "run" : "runs")}, {kind.First().Run.Name}/log.txt: {kind.First().Text}";
    }
}
