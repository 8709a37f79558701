using System.Globalization;

namespace MLNetAttn.Benchmarks;

/// <summary>Bytes of this process in memory, as Linux counts them.</summary>
internal static class ResidentMemory
{
    /// <summary>Now.</summary>
    public static long Now => Status("VmRSS");

    /// <summary>The most since the process began.</summary>
    public static long Peak => Status("VmHWM");

    private static long Status(string key) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
