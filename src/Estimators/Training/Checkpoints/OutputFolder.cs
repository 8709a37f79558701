using System.Globalization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>The folder of a run, which holds it alone: checkpoint-000050 and so on, each of them there whole or not at all.</summary>
internal sealed class OutputFolder : IDisposable
{
    private const string CheckpointPrefix = "checkpoint-", AsidePrefix = ".incomplete-", ReplacedPrefix = ".replaced-", LockName = ".lock";

    private readonly FileStream _lock;

    private OutputFolder(string path, FileStream @lock) => (Location, _lock) = (path, @lock);

    /// <summary>Its full path.</summary>
    public string Location { get; }

    /// <summary>Opens a folder for a run, and removes what a killed one left half-written.</summary>
    /// <param name="path">The folder; made if there is none.</param>
    /// <param name="resume">Whether it may hold a run.</param>
    /// <exception cref="IOException">Another run has it, or it cannot be written.</exception>
    /// <exception cref="InvalidOperationException">It holds a run that is not to be resumed, or files whose place a run would take.</exception>
    public static OutputFolder Open(string path, bool resume)
    {
        string full = Path.GetFullPath(path);
        DirectoryEntries.Create(full);
        FileStream taken = Transforms.LockFile.Take(
            Path.Combine(full, LockName), $"'{full}' is in use by another run. Give OutputFolder another folder, or wait for it.");
        try
        {
            var folder = new OutputFolder(full, taken);
            folder.RequireRoom(resume);
            folder.TidyUp();
            foreach (string file in (ReadOnlySpan<string>)[RunFiles.Run, RunFiles.Metrics, RunFiles.Samples])
                Transforms.AtomicFile.DiscardLeftovers(Path.Combine(full, file));
            return folder;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>The checkpoints, oldest first, with the steps done at each.</summary>
    public IReadOnlyList<(int Step, string Path)> Checkpoints() =>
    [
        .. Directory.EnumerateDirectories(Location, $"{CheckpointPrefix}*")
            .Select(path => (
                IsOne: int.TryParse(
                    Path.GetFileName(path).AsSpan(CheckpointPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int step),
                Step: step,
                Path: path))
            .Where(entry => entry.IsOne)
            .OrderBy(entry => entry.Step)
            .Select(entry => (entry.Step, entry.Path)),
    ];

    /// <summary>The file that says which run it is.</summary>
    public string RunFile => Path.Combine(Location, RunFiles.Run);

    /// <summary>Marks the folder as a run's.</summary>
    /// <param name="description">What run it is.</param>
    public void Begin(string description) => Transforms.AtomicFile.Write(
        RunFile,
        stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(description)));

    /// <summary>Writes a checkpoint aside, in the place of one after the same step if there is one, moves it into place when its bytes are on the disk, and
    /// removes those beyond the limit.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="limit">How many to keep.</param>
    /// <param name="write">Writes its files.</param>
    /// <exception cref="IOException">It could not be written; those that were there still are.</exception>
    public void Save(int step, int limit, Action<ICheckpointTarget> write)
    {
        string name = $"{CheckpointPrefix}{step:D6}",
            aside = Path.Combine(Location, AsidePrefix + name),
            place = Path.Combine(Location, name),
            replaced = Path.Combine(Location, ReplacedPrefix + name);
        try
        {
            using (var target = new FolderTarget(aside))
            {
                write(target);
                target.Commit();
            }
            if (Directory.Exists(place)) Directory.Move(place, replaced);
            Directory.Move(aside, place);
        }
        catch
        {
            TidyUp();
            throw;
        }
        DirectoryEntries.Flush(Location);
        if (Directory.Exists(replaced)) Remove(replaced);
        foreach ((_, string old) in Checkpoints().SkipLast(limit)) Remove(old);
    }

    public void Dispose() => _lock.Dispose();

    /// <param name="resume">Whether it may hold a run.</param>
    /// <exception cref="InvalidOperationException">It holds one that it may not, or what a run would write over.</exception>
    private void RequireRoom(bool resume)
    {
        IReadOnlyList<(int Step, string Path)> checkpoints = Checkpoints();
        bool holdsRun = File.Exists(RunFile);
        // A checkpoint says itself which run's it is.
        if (resume && (holdsRun || checkpoints.Count > 0)) return;
        if (holdsRun)
            throw new InvalidOperationException(
                $"'{Location}' holds a run{(checkpoints is [.., (int step, _)] ? $" with a checkpoint after step {step}" : "")}. Set Resume to go on with it, or give OutputFolder another folder.");
        string[] taken =
        [
            .. checkpoints.Select(checkpoint => Path.GetFileName(checkpoint.Path)),
            .. ((string[])[RunFiles.Metrics, RunFiles.Samples]).Where(name => File.Exists(Path.Combine(Location, name))),
        ];
        if (taken.Length > 0)
            throw new InvalidOperationException(
                $"'{Location}' holds {string.Join(", ", taken)}, whose place a run would take, and no {RunFiles.Run} that says which run's they are. Move them away, or give OutputFolder another folder.");
    }

    /// <summary>Removes what is half-written, and puts back what was to be replaced and was not. What cannot be done is left: it hurts nobody, and must not
    /// hide why something failed.</summary>
    private void TidyUp()
    {
        foreach (string aside in Directory.EnumerateDirectories(Location, $"{AsidePrefix}*")) Tolerate(() => Directory.Delete(aside, recursive: true));
        foreach (string replaced in Directory.EnumerateDirectories(Location, $"{ReplacedPrefix}*"))
        {
            string place = Path.Combine(Location, Path.GetFileName(replaced)[ReplacedPrefix.Length..]);
            if (Directory.Exists(place)) Remove(replaced);
            else Tolerate(() => Directory.Move(replaced, place));
        }
    }

    /// <summary>Removes a folder; renamed first, so that half of a checkpoint is never taken for one.</summary>
    private void Remove(string folder)
    {
        string aside = Path.Combine(Location, AsidePrefix + Path.GetRandomFileName());
        Tolerate(() =>
        {
            Directory.Move(folder, aside);
            Directory.Delete(aside, recursive: true);
        });
    }

    private static void Tolerate(Action change)
    {
        try
        {
            change();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next run in this folder tries again.
        }
    }
}
