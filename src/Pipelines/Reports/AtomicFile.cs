namespace MLNetAttn.Pipelines;

/// <summary>Writes a file beside its place and moves it there when it is complete.</summary>
internal static class AtomicFile
{
    /// <param name="path">The file's place; its folder is made if there is none.</param>
    /// <param name="write">Writes it.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string place = Path.GetFullPath(path), aside = $"{place}.{Path.GetRandomFileName()}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        try
        {
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(aside, place, overwrite: true);
        }
        finally
        {
            // Where it was moved, there is nothing to delete.
            File.Delete(aside);
        }
    }
}
