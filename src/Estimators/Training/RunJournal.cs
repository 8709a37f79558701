namespace MLNetAttn.Estimators;

/// <summary>The files in which a run tells how it goes: metrics.jsonl, TensorBoard's events, samples.jsonl.</summary>
internal sealed class RunJournal : IDisposable
{
    private readonly MetricsFile _metrics;
    private readonly TensorBoardFile _events;
    private readonly SampleLog _samples;

    /// <param name="folder">The run's folder.</param>
    /// <param name="lastSampled">The last step whose samples stay; what the file says of later ones is dropped. -1 = nothing stays.</param>
    /// <param name="lastMeasured">The same of metrics, which the evaluation after a step belongs to.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="InvalidDataException">A file holds something else.</exception>
    public RunJournal(string folder, int lastSampled, int lastMeasured)
    {
        _metrics = new MetricsFile(Path.Combine(folder, RunFiles.Metrics), lastMeasured);
        try
        {
            _samples = new SampleLog(Path.Combine(folder, RunFiles.Samples), lastSampled);
            // Last: each one that is opened is one more file.
            _events = new TensorBoardFile(folder, lastMeasured);
        }
        catch
        {
            _metrics.Dispose();
            _samples?.Dispose();
            throw;
        }
    }

    /// <summary>Writes what a step measured, the evaluation after it included.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Write(int step, IReadOnlyDictionary<string, double> metrics)
    {
        _metrics.Write(step, metrics);
        _events.Write(step, metrics);
    }

    /// <summary>Writes responses of a step.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(int step, IReadOnlyList<LoggedSample> samples)
    {
        foreach (LoggedSample sample in samples) _samples.Write(step, sample);
    }

    /// <summary>Sees to it that what was written is on the disk.</summary>
    /// <exception cref="IOException">It could not be brought there.</exception>
    public void Flush()
    {
        _metrics.Flush();
        _events.Flush();
        _samples.Flush();
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _events.Dispose();
        _samples.Dispose();
    }
}
