namespace MLNetAttn.Estimators;

/// <summary>Adds to files what readers, and those who add more later, must find whole or not at all.</summary>
internal static class WholeWrites
{
    /// <summary>Writes at the end of an unbuffered file. Where that fails, as on a full disk, the file is as it was.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The file would be larger than its file system, or a limit, allows.</exception>
    public static void WriteWhole(this FileStream file, ReadOnlySpan<byte> bytes)
    {
        long end = file.Position;
        try
        {
            file.Write(bytes);
        }
        catch
        {
            file.SetLength(end);
            file.Position = end;
            throw;
        }
    }
}
