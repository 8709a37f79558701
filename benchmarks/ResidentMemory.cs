using System.Globalization;
using System.Runtime.InteropServices;

namespace MLNetAttn.Benchmarks;

/// <summary>Bytes of this process in memory, as Linux counts them.</summary>
internal static partial class ResidentMemory
{
    /// <summary>Now.</summary>
    public static long Now => Status("VmRSS");

    /// <summary>Now, without what the C library keeps of memory that was freed.</summary>
    public static long InUse
    {
        get
        {
            _ = GiveBack(0);
            return Now;
        }
    }

    /// <summary>The most since the process began.</summary>
    public static long Peak => Status("VmHWM");

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int GiveBack(nuint keep);

    private static long Status(string key) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith(key, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
