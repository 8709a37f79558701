namespace MLNetAttn.Estimators;

/// <summary>The files in which a run tells how it goes: metrics.jsonl, TensorBoard's events, samples.jsonl.</summary>
internal sealed class RunJournal : IDisposable
{
    private readonly MetricsFile _metrics;
    private readonly TensorBoardFile _events;
    private readonly SampleLog _samples;

    /// <param name="folder">The run's folder.</param>
    /// <param name="resumeAfterStep">The step that the run goes on after; what the files say of later ones is dropped.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="InvalidDataException">A file holds something else.</exception>
    public RunJournal(string folder, int resumeAfterStep) => (_metrics, _events, _samples) = (
        new MetricsFile(Path.Combine(folder, RunFiles.Metrics), resumeAfterStep), new TensorBoardFile(folder, resumeAfterStep), new SampleLog(Path.Combine(folder, RunFiles.Samples), resumeAfterStep));

    /// <summary>Writes a step.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Write(int step, IReadOnlyDictionary<string, double> metrics, IReadOnlyList<LoggedSample> samples)
    {
        _metrics.Write(step, metrics);
        _events.Write(step, metrics);
        foreach (LoggedSample sample in samples) _samples.Write(step, sample);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _events.Dispose();
        _samples.Dispose();
    }
}
