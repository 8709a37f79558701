using System.Globalization;
using System.Text;

namespace MLNetAttn.Experiments;

/// <summary>A summary as Markdown.</summary>
internal static class SummaryText
{
    /// <summary>The tables, and the settings behind them.</summary>
    public static string Markdown(Summary summary, ExperimentSettings settings)
    {
        var text = new StringBuilder();
        int seeds = summary.Arms.Max(arm => arm.Seeds.Count);
        text.Append(
            CultureInfo.InvariantCulture,
            $"{summary.Runs.Count} runs of {settings.Steps} steps; before training {Percent(summary.Before.Sampled)} sampled, {Percent(summary.Before.Greedy)} greedy.\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"Means over up to {seeds} seeds with Student's 95 % interval; differences from {summary.Baseline} in points, paired by seed, with the p-value of the paired t-test, the same after Holm's correction, and that of the exact signed-rank test, not corrected.\n\n");
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
        text.Append(CultureInfo.InvariantCulture, $"\nSettings:\n\n```json\n{ExperimentFolder.Line(settings)}\n```\n");
        return text.ToString();
    }

    private static void Row(StringBuilder text, ArmSummary arm, MeasureSummary measure)
    {
        string seeds = arm.Seeds.Count.ToString(CultureInfo.InvariantCulture);
        if (measure.Difference is not null && measure.Pairs != arm.Seeds.Count)
            seeds += string.Create(CultureInfo.InvariantCulture, $" ({measure.Pairs} paired)");
        text.Append(
            CultureInfo.InvariantCulture,
            $"| {arm.Arm} | {seeds} | {Percent(measure.Mean.Value)} | {Percent(measure.Mean.Interval.Lower)} to {Percent(measure.Mean.Interval.Upper)} | ");
        text.Append(measure.Difference is { } difference
            ? $"{Points(difference.Value)} | {Points(difference.Interval.Lower)} to {Points(difference.Interval.Upper)} | {Probability(measure.PValue)} | {Probability(measure.HolmPValue)} | {Probability(measure.SignedRankPValue)} |\n"
            : "| | | | |\n");
    }

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

    /// <summary>What runs were made by, where that is not the same for all of them.</summary>
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
        }
    }

    private static string Percent(double share) => double.IsInfinity(share) ? "?" : (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Points(double difference) =>
        double.IsInfinity(difference) ? "?" : (100 * difference).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);

    private static string Probability(double p) => double.IsNaN(p) ? "" : p < 0.001 ? "< 0.001" : p.ToString("0.000", CultureInfo.InvariantCulture);
}
