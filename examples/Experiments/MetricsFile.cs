using MLNetAttn.Estimators;

namespace MLNetAttn.Experiments;

/// <summary>What every step measured, as lines of JSON. Where a run goes on from a checkpoint, the steps after it are measured again and their lines replaced.</summary>
internal sealed class MetricsFile : IProgress<TrainingProgress>, IDisposable
{
    private readonly List<Dictionary<string, double>> _steps;
    private readonly string _path;
    private StreamWriter? _file;

    /// <param name="path">The file; one that is there is what a cut run measured.</param>
    public MetricsFile(string path) => (_path, _steps) = (path, [.. Read(path)]);

    public IReadOnlyList<IReadOnlyDictionary<string, double>> Steps => _steps;

    /// <summary>The lines of a file; a last one that was not written to its end does not count.</summary>
    public static IEnumerable<Dictionary<string, double>> Read(string path)
    {
        if (!File.Exists(path)) return [];
        string text = File.ReadAllText(path);
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ExperimentFolder.FromLine<Dictionary<string, double>>);
    }

    public void Report(TrainingProgress value)
    {
        if (_file is null) Begin(value.Step);
        _steps.Add(new Dictionary<string, double>(value.Metrics) { ["step"] = value.Step });
        _file!.WriteLine(ExperimentFolder.Line(_steps[^1]));
    }

    public void Dispose() => _file?.Dispose();

    private void Begin(int step)
    {
        _steps.RemoveAll(line => line["step"] >= step);
        _file = new StreamWriter(_path) { AutoFlush = true };
        foreach (Dictionary<string, double> line in _steps) _file.WriteLine(ExperimentFolder.Line(line));
    }
}
