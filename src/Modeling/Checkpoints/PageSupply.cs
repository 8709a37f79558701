using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetAttn.Modeling;

/// <summary>Asks the system for the pages behind new memory all at once.</summary>
/// <remarks>Otherwise each page is supplied when it is first written, one interruption every 4 kB: for weights that takes longer than reading the
/// file.</remarks>
internal static unsafe partial class PageSupply
{
    // MADV_POPULATE_WRITE, Linux 5.14.
    private const int PopulateForWriting = 23;

    /// <summary>Supplies the whole pages of this memory. Where the system cannot, nothing happens: the pages come one by one.</summary>
    public static void Populate(Span<byte> memory)
    {
        if (!OperatingSystem.IsLinux()) return;
        nint page = Environment.SystemPageSize, start = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), end = (start + memory.Length) & -page;
        start = (start + page - 1) & -page;
        if (end > start) _ = Advise(start, end - start, PopulateForWriting);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
