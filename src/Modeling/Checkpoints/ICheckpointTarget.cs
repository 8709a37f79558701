namespace MLNetAttn.Modeling;

/// <summary>Where the files of a checkpoint are written: a folder on disk, or the entries of a model zip.</summary>
public interface ICheckpointTarget
{
    /// <summary>Begins a file; the caller writes it front to back and disposes the stream before it begins the next one.</summary>
    /// <param name="file">A plain file name, such as <c>config.json</c>; each name once.</param>
    Stream Create(string file);
}
