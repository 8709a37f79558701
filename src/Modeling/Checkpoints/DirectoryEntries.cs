using System.Runtime.InteropServices;

namespace MLNetAttn.Modeling;

/// <summary>Brings what was moved in a folder to the disk: the bytes of a file being there does not say that its name is.</summary>
internal static partial class DirectoryEntries
{
    /// <summary>Flushes a folder. Where the file system cannot, or on Windows, whose journal keeps the order of moves, nothing is lost but the guarantee
    /// against a loss of power.</summary>
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

    /// <summary>Makes a folder and those above it that are missing, each of them flushed into the one above.</summary>
    /// <exception cref="IOException">It cannot be made, or is a file.</exception>
    public static void Create(string folder)
    {
        var made = new List<string>();
        for (string? missing = Path.GetFullPath(folder);
            missing is not null && !Directory.Exists(missing);
            missing = Path.GetDirectoryName(missing))
        {
            if (File.Exists(missing)) throw new IOException($"'{missing}' is a file, expected a folder. Give another path, or move the file away.");
            made.Add(missing);
        }
        Directory.CreateDirectory(folder);
        foreach (string path in made) Flush(Path.GetDirectoryName(path)!);
    }

    // FileStream and File.OpenHandle refuse folders.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
