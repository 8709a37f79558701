namespace MLNetAttn.Benchmarks;

/// <summary>
/// Times work that repeats, in processor time, so that other programs on the machine count little; the best run counts, since all that disturbs
/// a run makes it longer. The work is on one thread; what the garbage collector does beside it is counted too.
/// </summary>
internal static class Clock
{
    private const int Runs = 12;

    /// <summary>The shortest of several runs, in milliseconds.</summary>
    public static double Best(Func<long> work)
    {
        double best = double.PositiveInfinity;
        for (int run = 0; run < Runs; run++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            work();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalMilliseconds);
        }
        return best;
    }
}
