using System.Globalization;
using MLNetAttn.Estimators;

namespace MLNetAttn.Cli;

/// <summary>Shows training as lines of text: the first step, also where a run goes on, every n-th, the last, and evaluations.</summary>
/// <param name="output">Takes them.</param>
/// <param name="every">n.</param>
/// <param name="folder">The run's folder.</param>
internal sealed class TrainingLines(TextWriter output, int every, RunFolder folder) : TrainingView(folder)
{
    private bool _hasShown;

    private protected override void Show(TrainingProgress progress)
    {
        bool evaluated = progress.Metrics.Keys.Any(name => name.StartsWith("eval_", StringComparison.Ordinal));
        if (_hasShown && progress.Step != 1 && progress.Step % every != 0 && progress.Step != progress.TotalSteps && !evaluated) return;
        _hasShown = true;
        string metrics = string.Join(", ", StepMetrics.Shown.Where(progress.Metrics.ContainsKey).Select(name => $"{name} {Number(progress.Metrics[name])}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {progress.Step}/{progress.TotalSteps}: {metrics}{Left(progress, "; ")}"));
    }

    private protected override void ShowWarning(string message) => output.WriteLine(message);

    private protected override void ShowNotice(string message) => output.WriteLine(message);
}
