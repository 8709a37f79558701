using System.Globalization;
using MLNetAttn.Estimators;

namespace MLNetAttn.Pipelines;

/// <summary>How a number went in training. Curves of the same metric are drawn into one picture.</summary>
/// <param name="Metric">What was measured: "reward".</param>
/// <param name="Name">Of which training: "coupled credit".</param>
/// <param name="Steps">The steps, ascending.</param>
/// <param name="Values">A value for each step; NaN = undefined.</param>
public sealed record TrainingCurve(string Metric, string Name, IReadOnlyList<double> Steps, IReadOnlyList<double> Values)
{
    /// <summary>The curves of some metrics of one training, each over the steps that report it: those of eval_reward are the evaluated ones.</summary>
    /// <param name="name">Of which training.</param>
    /// <param name="progress">What the trainer reported after each step.</param>
    /// <param name="metrics">Which metrics; those that were never reported are left out. None = "reward".</param>
    public static IReadOnlyList<TrainingCurve> From(string name, IEnumerable<TrainingProgress> progress, params ReadOnlySpan<string> metrics)
    {
        TrainingProgress[] steps = [.. progress];
        string[] wanted = metrics.IsEmpty ? ["reward"] : metrics.ToArray();
        return
        [
            .. wanted
                .Select(metric => (Metric: metric, Steps: steps.Where(step => step.Metrics.ContainsKey(metric)).ToArray()))
                .Where(curve => curve.Steps.Length > 0)
                .Select(curve => new TrainingCurve(
                    curve.Metric,
                    name,
                    [.. curve.Steps.Select(step => (double)step.Step)],
                    [.. curve.Steps.Select(step => step.Metrics[curve.Metric])])),
        ];
    }

    /// <summary>The same from a file that a run wrote: <c>metrics.jsonl</c> of its folder, finished or not.</summary>
    /// <param name="name">Of which training.</param>
    /// <param name="path">JSON lines, an object a step: <c>{"step":1,"reward":0.25,"kl":null}</c>; null = undefined.</param>
    /// <param name="metrics">Which metrics; those that are not in the file are left out. None = "reward".</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line is no object with a step; the message names it.</exception>
    public static IReadOnlyList<TrainingCurve> Read(string name, string path, params ReadOnlySpan<string> metrics) =>
        From(name, MetricsFile.Read(path).Select(line => new TrainingProgress(line.Step, line.Step, TimeSpan.Zero, Remaining: null, line.Metrics)), metrics);

    /// <exception cref="ArgumentException">There are not as many steps as values, or steps that do not ascend.</exception>
    internal void Validate()
    {
        if (Steps.Count != Values.Count || Steps.Count == 0)
            throw new ArgumentException($"Curve '{Name}' of {Metric} has {Steps.Count} steps and {Values.Count} values, expected as many, at least one.");
        for (int i = 1; i < Steps.Count; i++)
            if (!(Steps[i] > Steps[i - 1]))
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Curve '{Name}' of {Metric}: step {Steps[i]} follows step {Steps[i - 1]}, expected ascending ones."));
    }
}
