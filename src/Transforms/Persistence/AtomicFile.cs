namespace MLNetAttn.Transforms;

/// <summary>Writes a file beside its place and moves it there when it is complete and on the disk.</summary>
internal static class AtomicFile
{
    /// <summary>Where a path leads: a link to a file is followed, so that the link stays one.</summary>
    public static string Place(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);
    }

    /// <param name="path">The file's place; a link is followed.</param>
    /// <param name="write">Writes it; what is thrown here leaves the old file as it is.</param>
    /// <param name="create">Makes the file beside it; null = an ordinary file.</param>
    public static void Write(string path, Action<Stream> write, Func<string, Stream>? create = null)
    {
        string place = Place(path), aside = $"{place}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (Stream stream = create is null ? new FileStream(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None) : create(aside))
            {
                write(stream);
                if (stream is FileStream file) file.Flush(flushToDisk: true);
            }
            File.Move(aside, place, overwrite: true);
            Modeling.DirectoryEntries.Flush(Path.GetDirectoryName(place)!);
        }
        catch
        {
            Discard(aside);
            throw;
        }
    }

    /// <summary>Removes what a process that was killed left beside a file's place, for those who know that no other process writes it now.</summary>
    public static void DiscardLeftovers(string path)
    {
        string place = Place(path);
        // As Path.GetRandomFileName makes them.
        foreach (string aside in Directory.EnumerateFiles(Path.GetDirectoryName(place)!, $"{Path.GetFileName(place)}.????????.???.tmp")) Discard(aside);
    }

    private static void Discard(string aside)
    {
        try
        {
            File.Delete(aside);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The reason why the file was not written is the one to report.
        }
    }
}
