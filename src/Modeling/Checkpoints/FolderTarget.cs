namespace MLNetAttn.Modeling;

/// <summary>Saves a checkpoint into a folder, all or nothing.</summary>
/// <remarks>
/// Files are written aside, in a hidden folder inside the target (so on the same disk), and moved into place by <see cref="Commit"/>. Whatever fails before
/// or during that, the folder is as it was. Files of an earlier checkpoint are replaced as a whole, so that no shard or tokenizer of another
/// model stays behind; other files in the folder are not touched. <c>config.json</c> leaves first and arrives last: a process killed in the middle of
/// <see cref="Commit"/> leaves a folder that is refused, never a mixture of two models, and the earlier files in the hidden folder. That folder is removed by
/// the next save that succeeds, if nothing was written to it for a day: another process may be saving at the same time.
/// </remarks>
public sealed class FolderTarget : ICheckpointTarget, IDisposable
{
    /// <summary>How the hidden folder's name begins.</summary>
    internal const string StagingPrefix = ".incomplete-";

    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private readonly bool _created;
    private readonly string _staging;
    private readonly string _written;
    private readonly string _replaced;
    private readonly List<string> _files = [];
    private bool _adapterOnly;
    private bool _closed;
    private bool _keepStaging;

    /// <param name="folder">The folder; it is made if it does not exist.</param>
    /// <exception cref="IOException">The folder cannot be made, or is a file.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public FolderTarget(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Location = Path.GetFullPath(folder);
        _created = !Directory.Exists(Location);
        _staging = Path.Combine(Location, StagingPrefix + Path.GetRandomFileName());
        _written = Path.Combine(_staging, "written");
        _replaced = Path.Combine(_staging, "replaced");
        DirectoryEntries.Create(Location);
        Directory.CreateDirectory(_written);
        Directory.CreateDirectory(_replaced);
    }

    /// <summary>A target that replaces an adapter only: its base model may lie in the same folder.</summary>
    internal static FolderTarget ForAdapter(string folder) => new(folder) { _adapterOnly = true };

    /// <summary>The folder's full path.</summary>
    public string Location { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="file"/> is no plain file name, or was written already.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Commit"/> was called already.</exception>
    public Stream Create(string file)
    {
        ThrowIfClosed();
        if (!CheckpointFiles.IsPlainName(file))
            throw new ArgumentException($"'{file}' is no plain file name; files are written directly inside '{Location}'.", nameof(file));
        if (_files.Contains(file))
            throw new ArgumentException($"'{file}' was written already; each file of a checkpoint is written once.", nameof(file));
        FileStream stream = new(Path.Combine(_written, file), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        _files.Add(file);
        return stream;
    }

    /// <summary>Puts the written files into place, once their bytes are on the disk.</summary>
    /// <exception cref="IOException">A file could not be moved, or is still open. The folder is as it was, unless the message says otherwise.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Commit"/> was called already.</exception>
    public void Commit()
    {
        ThrowIfClosed();
        foreach (string file in _files)
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle =
                File.OpenHandle(Path.Combine(_written, file), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            RandomAccess.FlushToDisk(handle);
        }
        Stack<(string From, string To)> moves = new();
        try
        {
            IEnumerable<string> old = Directory.EnumerateFiles(Location).Select(path => Path.GetFileName(path)!)
                .Where(file => Replaces(file) || _files.Contains(file));
            foreach (string file in old.OrderByDescending(Rank).ToArray())
                Move(moves, Path.Combine(Location, file), Path.Combine(_replaced, file));
            foreach (string file in _files.OrderBy(Rank))
                Move(moves, Path.Combine(_written, file), Path.Combine(Location, file));
        }
        catch
        {
            Undo(moves);
            throw;
        }
        DirectoryEntries.Flush(Location);
        _closed = true;
        DeleteStaging();
        // What an interrupted save left may be all there is of the base that an adapter belongs to.
        if (!_adapterOnly) DeleteLeftovers();
    }

    private bool Replaces(string file) =>
        _adapterOnly ? file is CheckpointFiles.AdapterConfig or CheckpointFiles.AdapterWeights : CheckpointFiles.BelongsToCheckpoint(file);

    /// <summary>Without its configuration nothing else of a checkpoint, or of an adapter, is read: it leaves first and arrives last.</summary>
    private static int Rank(string file) => file switch
    {
        CheckpointFiles.Config => 2,
        CheckpointFiles.AdapterConfig => 1,
        _ => 0,
    };

    private static void Move(Stack<(string From, string To)> moves, string from, string to)
    {
        File.Move(from, to);
        moves.Push((from, to));
    }

    private void Undo(Stack<(string From, string To)> moves)
    {
        try
        {
            foreach ((string from, string to) in moves)
                File.Move(to, from);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _keepStaging = true;
            throw new IOException(
                $"Saving into '{Location}' failed, and so did putting the earlier files back; those not in place are in '{_replaced}'.", exception);
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed)
            throw new InvalidOperationException($"The checkpoint in '{Location}' is complete or was given up; a new one needs a new {nameof(FolderTarget)}.");
    }

    /// <summary>Gives up what was not committed.</summary>
    public void Dispose()
    {
        if (_closed || _keepStaging)
            return;
        _closed = true;
        DeleteStaging();
    }

    /// <summary>Removes what killed saves left. It is no matter of this save's success.</summary>
    private void DeleteLeftovers()
    {
        try
        {
            foreach (DirectoryInfo staging in new DirectoryInfo(Location).GetDirectories($"{StagingPrefix}*"))
            {
                DateTime written = staging.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Append(staging).Max(entry => entry.LastWriteTimeUtc);
                if (DateTime.UtcNow - written > LeftoverAge) staging.Delete(recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // They stay until another save.
        }
    }

    /// <summary>Tidies up. A leftover is harmless, and must not hide that the checkpoint is in place, or why it is not.</summary>
    private void DeleteStaging()
    {
        try
        {
            Directory.Delete(_staging, recursive: true);
            if (_created && !Directory.EnumerateFileSystemEntries(Location).Any())
                Directory.Delete(Location);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The hidden folder stays.
        }
    }
}
