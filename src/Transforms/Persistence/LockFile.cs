namespace MLNetAttn.Transforms;

/// <summary>A file that one process at a time has open, to keep a folder for itself.</summary>
internal static class LockFile
{
    // ERROR_SHARING_VIOLATION of Windows, EWOULDBLOCK of Linux and of macOS.
    private static readonly int[] SharingViolations = [unchecked((int)0x80070020), 11, 35];

    /// <summary>Takes it; made if there is none. The system lets go of it when the process ends, however it ends.</summary>
    /// <param name="path">The file, in a folder that is there.</param>
    /// <param name="taken">What to say where another has it.</param>
    /// <exception cref="IOException">Another has it, or it cannot be made.</exception>
    public static FileStream Take(string path, string taken)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (SharingViolations.Contains(exception.HResult))
        {
            throw new IOException(taken, exception);
        }
    }
}
