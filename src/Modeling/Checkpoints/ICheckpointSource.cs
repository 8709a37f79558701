namespace MLNetAttn.Modeling;

/// <summary>The files of a checkpoint: a folder on disk, or the entries of a model zip.</summary>
public interface ICheckpointSource
{
    /// <summary>Where the files lie, for messages: the folder's path, or the zip's path and the folder inside it.</summary>
    string Location { get; }

    /// <summary>Whether the checkpoint holds this file.</summary>
    /// <param name="file">A plain file name, such as <c>config.json</c>.</param>
    bool Exists(string file);

    /// <summary>Opens a file from its beginning; the caller disposes the stream.</summary>
    /// <param name="file">A plain file name, such as <c>config.json</c>.</param>
    /// <returns>A stream whose <see cref="Stream.Length"/> is known. It is read once, front to back: it need not seek.</returns>
    /// <exception cref="FileNotFoundException">The checkpoint has no such file.</exception>
    Stream OpenRead(string file);
}
