using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Splits a kernel's work over the threads that torch's own operations run on.</summary>
/// <remarks>
/// Torch's OpenMP threads stay awake for some milliseconds after each operation, waiting for the next one. Threads of .NET would have to fight them for the
/// cores; handing the work to the very same threads costs a microsecond. Where torch uses another runtime the work stays on the calling thread.
/// </remarks>
internal static unsafe class WorkerTeam
{
    // Some fifty microseconds. On a quiet machine a tenth of it would pay; where another program wants the core, everybody waits for a thread that the system
    // has not woken yet.
    private const long MinimumWork = 1 << 18;

    private static readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> Parallel;
    private static readonly delegate* unmanaged<int> ThreadNumber;
    private static readonly delegate* unmanaged<int> ThreadCount;

    static WorkerTeam()
    {
        // Loads torch, in a program whose first use of it this is.
        _ = get_num_threads();
        // Looked up among what torch is linked to, so that it is torch's runtime and no other copy of it.
        if (!NativeLibrary.TryLoad("libtorch_cpu.so", out nint torch)
            || !NativeLibrary.TryGetExport(torch, "GOMP_parallel", out nint parallel)
            || !NativeLibrary.TryGetExport(torch, "omp_get_thread_num", out nint number)
            || !NativeLibrary.TryGetExport(torch, "omp_get_num_threads", out nint count)) return;
        Parallel = (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)parallel;
        ThreadNumber = (delegate* unmanaged<int>)number;
        ThreadCount = (delegate* unmanaged<int>)count;
    }

    /// <summary>Whether work is split at all.</summary>
    public static bool IsAvailable => Parallel is not null;

    /// <summary>Calls <paramref name="body"/> with parts [start, end) of 0 … count − 1, at the same time where it is worth it.</summary>
    /// <param name="count">Items.</param>
    /// <param name="workPerItem">About how many numbers an item touches.</param>
    /// <param name="body">Does a part; must not depend on how items are split.</param>
    public static void For(int count, long workPerItem, Action<int, int> body)
    {
        int threads = (int)Math.Min(count, Math.Min(count * workPerItem / MinimumWork, Parallel is null ? 1 : get_num_threads()));
        if (threads <= 1)
        {
            body(0, count);
            return;
        }
        var job = new Job(count, body);
        GCHandle handle = GCHandle.Alloc(job);
        try
        {
            Parallel(&RunPart, GCHandle.ToIntPtr(handle), (uint)threads, 0);
        }
        finally
        {
            handle.Free();
        }
        job.Error?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void RunPart(nint handle)
    {
        var job = (Job)GCHandle.FromIntPtr(handle).Target!;
        long part = ThreadNumber(), parts = ThreadCount();
        try
        {
            job.Body((int)(job.Count * part / parts), (int)(job.Count * (part + 1) / parts));
        }
        catch (Exception exception)
        {
            // An exception must not leave through native frames.
            job.Error = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(exception);
        }
    }

    private sealed class Job(long count, Action<int, int> body)
    {
        public long Count => count;

        public Action<int, int> Body => body;

        public System.Runtime.ExceptionServices.ExceptionDispatchInfo? Error { get; set; }
    }
}
