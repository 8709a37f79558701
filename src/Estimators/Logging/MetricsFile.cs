using System.Text.Json;

namespace MLNetAttn.Estimators;

/// <summary>The metrics of a run in JSON lines, one object a step: <c>{"step":1,"reward":0.25,"kl":null}</c>. What is undefined (NaN) or infinite is
/// null.</summary>
internal sealed class MetricsFile : IDisposable
{
    private readonly StepLines _lines;

    /// <param name="path">The file; its folder is made if there is none.</param>
    /// <param name="resumeAfterStep">The last step whose metrics stay; what was written after it is dropped. Default -1: a new run, nothing stays.</param>
    /// <exception cref="InvalidDataException">The file holds something else, and is left as it is.</exception>
    public MetricsFile(string path, int resumeAfterStep = -1) => _lines = new StepLines(path, resumeAfterStep);

    /// <summary>The metrics of a file, step by step; null is NaN. A last line that was not written to its end does not count, so the file of a run that goes on
    /// can be read.</summary>
    /// <exception cref="InvalidDataException">A line holds something else; the message names it.</exception>
    public static IReadOnlyList<(int Step, IReadOnlyDictionary<string, double> Metrics)> Read(string path) =>
        [.. StepLines.Read(path).Select(line => (line.Step, Metrics(line.Line)))];

    /// <summary>Adds a step; it is in the file when this returns.</summary>
    /// <param name="step">The step, from 1; 0 = before the first.</param>
    /// <param name="metrics">What was measured in it.</param>
    public void Write(int step, IReadOnlyDictionary<string, double> metrics) => _lines.Write(step, json =>
    {
        foreach ((string name, double value) in metrics)
        {
            if (double.IsFinite(value)) json.WriteNumber(name, value);
            else json.WriteNull(name);
        }
    });

    /// <summary>Sees to it that what was written is on the disk.</summary>
    public void Flush() => _lines.Flush();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    /// <summary>All properties but the step that are numbers or null.</summary>
    private static Dictionary<string, double> Metrics(JsonElement line) => line.EnumerateObject()
        .Where(property => property.Name != StepLines.Step && property.Value.ValueKind is (JsonValueKind.Number or JsonValueKind.Null))
        .ToDictionary(property => property.Name, property => property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetDouble() : double.NaN);
}
