using System.Runtime.InteropServices;

namespace MLNetAttn.Modeling;

/// <summary>Brings what was moved in a folder to the disk: the bytes of a file being there does not say that its name is.</summary>
internal static partial class DirectoryEntries
{
    /// <summary>Flushes a folder. Where the file system cannot, or on Windows, whose journal keeps the order of moves, nothing is lost but the guarantee against a loss of power.</summary>
    /// <returns>Whether the system did it.</returns>
    public static bool Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return false;
        int descriptor = Open(folder, flags: 0);
        if (descriptor < 0) return false;
        bool done = Synchronize(descriptor) == 0;
        _ = Close(descriptor);
        return done;
    }

    // FileStream and File.OpenHandle refuse folders.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
