using System.Globalization;
using System.Text;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>A summary as Markdown.</summary>
internal static class SummaryText
{
    /// <summary>The tables, and the settings behind them.</summary>
    /// <param name="summary">What came out.</param>
    /// <param name="settings">Under which settings.</param>
    /// <param name="notes">Paragraphs between the two.</param>
    public static string Markdown(Summary summary, ExperimentSettings settings, params IEnumerable<string> notes)
    {
        var text = new StringBuilder();
        int seeds = summary.Arms.Max(arm => arm.Seeds.Count);
        text.Append(
            CultureInfo.InvariantCulture,
            $"{summary.Runs.Count} {(summary.Runs.Count == 1 ? "run" : "runs")} of {settings.Steps} steps; before training {Percent(summary.Before.Sampled)} sampled, {Percent(summary.Before.Greedy)} greedy.\n");
        text.Append(seeds == 1
            ? $"One seed: there are no intervals; differences from {summary.Baseline} in points.\n\n"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Means over up to {seeds} seeds with Student's 95 % interval; differences from {summary.Baseline} in points, paired by seed, with the p-value of the paired t-test, the same after Holm's correction for the strategies that a table compares (each table is a family of its own), and that of the exact signed-rank test, not corrected.\n\n"));
        if (summary.Arms.All(arm => arm.Arm != summary.Baseline))
            text.Append(
                CultureInfo.InvariantCulture,
                $"No run of {summary.Baseline} has ended, so nothing is compared: --baseline names another strategy.\n\n");
        foreach ((string name, _) in Summary.Measures)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | seeds | mean | 95 % interval | − {summary.Baseline} | 95 % interval | p | p (Holm) | p (signed rank) |\n|---|---|---|---|---|---|---|---|---|\n");
            foreach (ArmSummary arm in summary.Arms) Row(text, arm, arm.Measures.Single(measure => measure.Name == name));
            text.Append('\n');
        }
        Seeds(text, summary);
        Evaluated(text, summary, settings);
        Made(text, summary);
        foreach (string note in notes) text.Append(CultureInfo.InvariantCulture, $"\n{note}\n");
        text.Append(CultureInfo.InvariantCulture, $"\nSettings:\n\n```json\n{ExperimentFolder.Line(settings)}\n```\n");
        return text.ToString();
    }

    /// <summary>A share in percent, to a tenth.</summary>
    public static string Percent(double share) => (100 * share).ToString("0.0;−0.0", CultureInfo.InvariantCulture) + " %";

    private static void Row(StringBuilder text, ArmSummary arm, MeasureSummary measure)
    {
        string seeds = arm.Seeds.Count.ToString(CultureInfo.InvariantCulture);
        if (measure.Difference is not null && measure.Pairs != arm.Seeds.Count)
            seeds += string.Create(CultureInfo.InvariantCulture, $" ({measure.Pairs} paired)");
        text.Append(CultureInfo.InvariantCulture, $"| {arm.Arm} | {seeds} | {Percent(measure.Mean.Value)} | {Interval(measure.Mean, Percent)} | ");
        // Of one seed there is no p-value, and of several none where the test cannot tell chance.
        string none = measure.Pairs > 1 ? "all equal" : "";
        string[] cells = measure.Difference is { } difference
            ?
            [
                Points(difference.Value), Interval(difference, Points),
                .. new[] { measure.PValue, measure.HolmPValue, measure.SignedRankPValue }.Select(p => Probability(p, none)),
            ]
            : ["", "", "", "", ""];
        text.Append(CultureInfo.InvariantCulture, $"{string.Join(" | ", cells)} |\n");
    }

    private static string Interval(Estimate estimate, Func<double, string> number) =>
        double.IsInfinity(estimate.Interval.Lower) ? "" : $"{number(estimate.Interval.Lower)} to {number(estimate.Interval.Upper)}";

    /// <summary>Every single number, so that anyone can compute something else from them.</summary>
    private static void Seeds(StringBuilder text, Summary summary)
    {
        long[] seeds = [.. summary.Runs.Select(run => run.Seed).Distinct().Order()];
        text.Append(
            CultureInfo.InvariantCulture,
            $"| sampled / greedy accuracy by seed | {string.Join(" | ", seeds)} | mean γ | tokens of a response |\n|---|{string.Concat(seeds.Select(_ => "---|"))}---|---|\n");
        foreach (ArmSummary arm in summary.Arms)
        {
            RunResult[] runs = [.. summary.Runs.Where(run => run.Arm == arm.Arm)];
            string[] cells =
            [
                .. seeds.Select(seed =>
                    runs.FirstOrDefault(run => run.Seed == seed) is { } run
                        ? $"{Percent(run.After.Sampled)} / {Percent(run.After.Greedy)}"
                        : ""),
            ];
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {arm.Arm} | {string.Join(" | ", cells)} | {runs.Average(run => run.MeanCredit):F2} | {runs.Average(run => run.LastThirdLength):F0} |\n");
        }
    }

    /// <summary>How many problems accuracies are of; runs of a version that did not count them say nothing.</summary>
    private static void Evaluated(StringBuilder text, Summary summary, ExperimentSettings settings)
    {
        if (summary.Runs[0].TestProblems is { } problems)
            text.Append(
                CultureInfo.InvariantCulture,
                $"\nAccuracies are of the same {problems} held-out problems for all runs, sampled ones of {settings.EvaluationSamples} responses to each. Intervals are over seeds of training alone: other problems and another model to start from are not in them.\n");
    }

    /// <summary>What runs were made by.</summary>
    private static void Made(StringBuilder text, Summary summary)
    {
        List("Library", process => process.Library);
        List("Machine", process => process.Machine);

        void List(string what, Func<RunProcess, string> of)
        {
            (string Name, int Runs)[] all =
            [
                .. summary.Runs
                    .SelectMany(run => run.Processes.Select(of).DefaultIfEmpty("not recorded").Distinct())
                    .GroupBy(name => name, (name, runs) => (name, runs.Count())),
            ];
            if (all.Length > 1)
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"\n{what} of runs or parts of runs, not the same for all: {string.Join("; ", all.Select(one => $"{one.Name} ({one.Runs})"))}.\n");
            else if (summary.Runs[0].Processes.Count > 0)
                text.Append(CultureInfo.InvariantCulture, $"\n{what} of all runs: {all[0].Name}.\n");
        }
    }

    private static string Points(double difference) => (100 * difference).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);

    private static string Probability(double p, string none) =>
        double.IsNaN(p) ? none : p < 0.001 ? "< 0.001" : p.ToString("0.000", CultureInfo.InvariantCulture);
}
