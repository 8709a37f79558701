namespace MLNetAttn.Estimators;

/// <summary>Adds to files what readers, and those who add more later, must find whole or not at all.</summary>
internal static class WholeWrites
{
    /// <summary>Writes at the end of an unbuffered file. Where that fails, on a full disk, the file is as it was.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public static void WriteWhole(this FileStream file, ReadOnlySpan<byte> bytes)
    {
        long end = file.Position;
        try
        {
            file.Write(bytes);
        }
        catch (IOException)
        {
            file.SetLength(end);
            file.Position = end;
            throw;
        }
    }
}
