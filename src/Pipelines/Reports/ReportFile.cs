using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Files for people, in folders that may not be there yet.</summary>
internal static class ReportFile
{
    /// <param name="path">The file's place; its folder is made if there is none.</param>
    /// <param name="write">Writes it.</param>
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(AtomicFile.Place(path))!);
        AtomicFile.Write(path, write);
    }
}
