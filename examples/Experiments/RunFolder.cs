using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>The folder of a run.</summary>
/// <param name="path">The folder.</param>
internal sealed class RunFolder(string path)
{
    public string Path { get; } = path;

    public string Name => System.IO.Path.GetFileName(Path);

    public string ConfigurationFile => System.IO.Path.Combine(Path, "config.json");

    public string MetricsFile => System.IO.Path.Combine(Path, "metrics.jsonl");

    public string ResultFile => System.IO.Path.Combine(Path, "result.json");

    public string LogFile => System.IO.Path.Combine(Path, "log.txt");

    /// <summary>Where its policy is kept, if it is.</summary>
    public string PolicyFolder => System.IO.Path.Combine(Path, "policy");

    /// <summary>Its result is written last.</summary>
    public bool HasEnded => File.Exists(ResultFile);

    /// <summary>What it was begun with; null where it has not come so far.</summary>
    public RunOrigin? Origin => File.Exists(ConfigurationFile) ? ExperimentFolder.Read<RunOrigin>(ConfigurationFile) : null;

    /// <summary>The processes that worked on it, first to last.</summary>
    public string ProcessesFile => System.IO.Path.Combine(Path, "processes.json");

    /// <summary>Adds a process.</summary>
    /// <returns>All of them.</returns>
    public IReadOnlyList<RunProcess> Begin(RunProcess process)
    {
        RunProcess[] all = [.. File.Exists(ProcessesFile) ? ExperimentFolder.Read<RunProcess[]>(ProcessesFile) : [], process];
        ExperimentFolder.Write(ProcessesFile, all);
        return all;
    }

    /// <summary>Some of what every step of a run that has ended measured, by metric.</summary>
    /// <param name="steps">How many there are.</param>
    /// <param name="metrics">Which.</param>
    /// <exception cref="InvalidDataException">Some are missing: training goes on where its files cannot be written.</exception>
    public ILookup<string, (int Step, double Value)> RequireMetrics(int steps, params string[] metrics)
    {
        IReadOnlyList<TrainingCurve> curves = TrainingCurve.Read(Name, MetricsFile, metrics);
        IEnumerable<double> expected = Enumerable.Range(1, steps).Select(step => (double)step);
        if (curves.Count != metrics.Length || curves.Any(curve => !curve.Steps.SequenceEqual(expected)))
            throw new InvalidDataException(
                $"'{MetricsFile}' does not have each of the {steps} steps once. Was the disk full? Remove '{Path}', and the run is done anew.");
        return curves
            .SelectMany(curve => curve.Values.Select((value, i) => (curve.Metric, Point: (i + 1, value))))
            .ToLookup(one => one.Metric, one => one.Point);
    }

    /// <summary>What its processes warned of, in the order in which they did.</summary>
    public IEnumerable<string> Warnings() =>
        from line in File.Exists(LogFile) ? File.ReadLines(LogFile) : []
        where line.StartsWith(WorkerProcess.WarningMark, StringComparison.Ordinal)
        select line[WorkerProcess.WarningMark.Length..];

    /// <summary>The folders that the run goes on from where it is cut.</summary>
    public IEnumerable<string> Checkpoints() => Directory.EnumerateDirectories(Path, "checkpoint-*");

    /// <summary>Nothing goes on from them once the run has ended; what cannot be deleted is in no one's way.</summary>
    /// <param name="output">Told what is left.</param>
    public void DeleteCheckpoints(TextWriter output)
    {
        foreach (string checkpoint in Checkpoints())
        {
            try
            {
                Directory.Delete(checkpoint, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                output.WriteLine($"'{checkpoint}' is of no use any more and could not be deleted: {exception.Message}");
            }
        }
    }
}
