using System.Diagnostics;

namespace MLNetAttn.Benchmarks;

/// <summary>Times work against a baseline in the same run: by turns, so that whatever else the machine does hits both.</summary>
internal static class Ratio
{
    /// <summary>Runs both by turns and prints medians and the median of the ratios.</summary>
    /// <param name="what">The figure.</param>
    /// <param name="limit">What it should stay below.</param>
    /// <param name="rounds">How often each is run, after one run that is not counted.</param>
    /// <param name="work">The work; returns milliseconds.</param>
    /// <param name="baseline">What it is measured in.</param>
    public static void Report(string what, double limit, int rounds, Func<double> work, Func<double> baseline)
    {
        work();
        baseline();
        (double Work, double Baseline)[] times = [.. Enumerable.Range(0, rounds).Select(_ => (work(), baseline()))];
        double ratio = Median(times.Select(time => time.Work / time.Baseline));
        double best = times.Min(time => time.Work) / times.Min(time => time.Baseline);
        Console.WriteLine($"{what,-62} {Median(times.Select(time => time.Work)),9:F2} ms {Median(times.Select(time => time.Baseline)),9:F2} ms   ratio {ratio,5:F2} (of the best runs {best:F2})   at most {limit:F2}");
    }

    /// <summary>Milliseconds that something takes.</summary>
    public static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
