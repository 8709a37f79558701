using System.Globalization;
using Google.Protobuf;
using Tensorboard;

namespace MLNetAttn.Estimators;

/// <summary>The metrics of a run for TensorBoard, in an event file of TensorFlow's format, written here byte by byte: no TensorFlow is needed.</summary>
/// <remarks>Event files are only ever added to. A run that resumes begins a new one, whose first entry tells TensorBoard to forget the steps after the
/// checkpoint.</remarks>
internal sealed class TensorBoardFile : IDisposable
{
    private const string Prefix = "events.out.tfevents.";

    private readonly MemoryStream _records = new();
    private readonly FileStream _file;

    /// <param name="folder">The run's folder, for <c>tensorboard --logdir</c>; it is made if there is none.</param>
    /// <param name="resumeAfterStep">The last step that earlier files of the folder are right about. Default -1: a new run, they are not right about
    /// any.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public TensorBoardFile(string folder, int resumeAfterStep = -1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resumeAfterStep, -1);
        Directory.CreateDirectory(folder);
        // TensorBoard reads files in the order of their names: this one must come last, however soon it follows another.
        long time = Math.Max(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), LastTime(folder) + 1);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{time:D10}.{Environment.MachineName}.{Environment.ProcessId}.0");
        _file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        Add(new Event { FileVersion = "brain.Event:2" });
        Add(new Event { Step = resumeAfterStep + 1, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
        WriteRecords();
    }

    /// <summary>Adds a step; it is in the file when this returns. What is undefined (NaN) is left out.</summary>
    /// <param name="step">The step, from 1; 0 = before the first.</param>
    /// <param name="metrics">What was measured in it.</param>
    public void Write(int step, IReadOnlyDictionary<string, double> metrics)
    {
        var summary = new Summary();
        foreach ((string name, double value) in metrics.Where(metric => !double.IsNaN(metric.Value)))
            summary.Value.Add(new Summary.Types.Value { Tag = name, SimpleValue = (float)value });
        Add(new Event { Step = step, Summary = summary });
        WriteRecords();
    }

    /// <summary>Sees to it that what was written is on the disk.</summary>
    public void Flush() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _records.Dispose();
    }

    private static long LastTime(string folder) => Directory.EnumerateFiles(folder, Prefix + "*")
        .Select(path => long.TryParse(
            Path.GetFileName(path)[Prefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long time)
            ? time
            : 0)
        .DefaultIfEmpty()
        .Max();

    private void Add(Event entry)
    {
        entry.WallTime = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        TensorRecord.Append(_records, entry.ToByteArray());
    }

    // A record reaches the file whole: TensorBoard may be reading it.
    private void WriteRecords()
    {
        byte[] records = _records.ToArray();
        _records.SetLength(0);
        _file.WriteWhole(records);
    }
}
