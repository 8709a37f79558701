namespace MLNetAttn.Modeling;

/// <summary>A Hugging Face folder on disk. Links are followed: the hub's cache is made of them.</summary>
public sealed class FolderSource : ICheckpointSource
{
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder, or it is a file.</exception>
    public FolderSource(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Location = Path.GetFullPath(folder);
        if (Directory.Exists(Location)) return;
        throw new DirectoryNotFoundException(File.Exists(Location)
            ? $"'{Location}' is a file, expected a Hugging Face model folder with {CheckpointFiles.Config}. A zip that ML.NET saved is loaded with mlContext.Model.Load."
            : $"There is no folder '{Location}'; expected a Hugging Face model folder with {CheckpointFiles.Config} on this machine, not a name on the Hub.");
    }

    /// <summary>The folder's full path.</summary>
    public string Location { get; }

    /// <inheritdoc/>
    public bool Exists(string file) => CheckpointFiles.IsPlainName(file) && File.Exists(Path.Combine(Location, file));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="file"/> is a path, not a plain file name.</exception>
    public Stream OpenRead(string file)
    {
        if (!CheckpointFiles.IsPlainName(file))
            throw new ArgumentException($"'{file}' is no plain file name; only files directly inside '{Location}' are read.", nameof(file));
        string path = Path.Combine(Location, file);
        if (!File.Exists(path))
            throw new FileNotFoundException($"The model folder '{Location}' has no file '{file}'{DescribeInterruption()}.", path);
        return new FileStream(path, new FileStreamOptions { Options = FileOptions.SequentialScan });
    }

    private string DescribeInterruption() => Directory.EnumerateDirectories(Location, $"{FolderTarget.StagingPrefix}*").FirstOrDefault() is { } staging
        ? $"; an interrupted save left its files, and those it was replacing, in '{staging}'"
        : "";
}
