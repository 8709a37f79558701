using System.Diagnostics;

namespace MLNetAttn.Benchmarks;

/// <summary>Times work against a baseline in the same run: by turns, so that whatever else the machine does hits both.</summary>
internal static class Ratio
{
    /// <summary>Runs both by turns and prints medians and their ratio.</summary>
    /// <param name="what">The figure.</param>
    /// <param name="limit">What it should stay below.</param>
    /// <param name="rounds">How often each is run, after one run that is not counted.</param>
    /// <param name="work">The work; returns milliseconds.</param>
    /// <param name="baseline">What it is measured in.</param>
    public static void Report(string what, double limit, int rounds, Func<double> work, Func<double> baseline) =>
        Report(what, limit, rounds, () => [work()], () => [baseline()]);

    /// <summary>The same of work in parts: its time is the mean of the medians of its parts, so that what disturbs one part of a run does not count.</summary>
    /// <param name="what">The figure.</param>
    /// <param name="limit">What it should stay below.</param>
    /// <param name="rounds">How often each is run, after one run that is not counted.</param>
    /// <param name="work">The work; returns the milliseconds of its parts, which are the same every time.</param>
    /// <param name="baseline">What it is measured in.</param>
    public static void Report(string what, double limit, int rounds, Func<double[]> work, Func<double[]> baseline)
    {
        work();
        baseline();
        (double[] Work, double[] Baseline)[] times = [.. Enumerable.Range(0, rounds).Select(_ => (work(), baseline()))];
        (double median, double ofBaseline) = (Mean(Median, times.Select(time => time.Work)), Mean(Median, times.Select(time => time.Baseline)));
        double best = Mean(Enumerable.Min, times.Select(time => time.Work)) / Mean(Enumerable.Min, times.Select(time => time.Baseline));
        Console.WriteLine(
            $"{what,-62} {median,9:F2} ms {ofBaseline,9:F2} ms   ratio {median / ofBaseline,5:F2} (of the best runs {best:F2})   at most {limit:F2}");
    }

    /// <summary>Prints the median of the ratios of pairs, which were run one right after the other, and its 95 % interval by the ranks of a sample's median;
    /// and the ratio of all work to all baselines, which rare and dear steps enter too.</summary>
    /// <param name="what">The figure.</param>
    /// <param name="limit">What it should stay below.</param>
    /// <param name="pairs">Milliseconds of work and baseline.</param>
    public static void Report(string what, double limit, (double Work, double Baseline)[] pairs)
    {
        double[] ratios = [.. pairs.Select(pair => pair.Work / pair.Baseline).Order()];
        int middle = ratios.Length / 2, reach = (int)Math.Ceiling(0.98 * Math.Sqrt(ratios.Length));
        Console.WriteLine(
            $"{what,-62} {Median(pairs.Select(pair => pair.Work)),9:F2} ms {Median(pairs.Select(pair => pair.Baseline)),9:F2} ms   ratio {ratios[middle],5:F3} ({ratios[Math.Max(0, middle - reach)]:F3} to {ratios[Math.Min(ratios.Length - 1, middle + reach)]:F3}, {ratios.Length} pairs; of the sums {pairs.Sum(pair => pair.Work) / pairs.Sum(pair => pair.Baseline):F3})   at most {limit:F2}");
    }

    /// <summary>Milliseconds that something takes.</summary>
    public static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Mean(Func<IEnumerable<double>, double> of, IEnumerable<double[]> runs)
    {
        double[][] all = [.. runs];
        return Enumerable.Range(0, all[0].Length).Average(part => of(all.Select(run => run[part])));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
