using System.IO.Compression;

namespace MLNetAttn.Transforms;

/// <summary>Writes a zip beside its place and moves it there when it is whole and on the disk.</summary>
internal static class AtomicZip
{
    /// <param name="path">The zip's place; a link is followed.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="create">Makes the file beside it; null = an ordinary file.</param>
    public static void Write(string path, Action<Stream> write, Func<string, Stream>? create = null)
    {
        string place = AtomicFile.Place(path);
        AtomicFile.Write(path, stream =>
        {
            write(stream);
            RequireWhole(stream, place);
        }, create);
    }

    /// <summary>ML.NET swallows what goes wrong while the last part of a zip, its list of entries, is written: a zip without it cannot be opened.</summary>
    private static void RequireWhole(Stream stream, string path)
    {
        try
        {
            stream.Position = 0;
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            if (archive.Entries.Count > 0) return;
        }
        catch (InvalidDataException exception)
        {
            throw new IOException($"'{path}' could not be written to its end. Is the disk full?", exception);
        }
        throw new IOException($"'{path}' could not be written: it would have no entries.");
    }
}
