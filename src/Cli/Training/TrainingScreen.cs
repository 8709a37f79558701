using System.Globalization;
using MLNetAttn.Estimators;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MLNetAttn.Cli;

/// <summary>Shows training on a screen that is drawn anew after each step.</summary>
/// <param name="live">The screen.</param>
/// <param name="samples">The file of sample responses.</param>
/// <param name="width">Characters in a line.</param>
internal sealed class TrainingScreen(LiveDisplayContext live, string samples, int width) : TrainingView
{
    private const int SampleLength = 400;

    private readonly List<double> _goal = [];
    private readonly Dictionary<string, double> _latest = [];
    private string? _warning;

    public override void Warn(string message) => _warning = message;

    private protected override void Show(TrainingProgress progress)
    {
        string goal = progress.Metrics.ContainsKey("reward") ? "reward" : "loss";
        // An evaluation stays to be seen until the next one.
        foreach ((string name, double value) in progress.Metrics) _latest[name] = value;
        _goal.Add(progress.Metrics.GetValueOrDefault(goal, double.NaN));
        List<IRenderable> rows =
        [
            new Markup(string.Create(CultureInfo.InvariantCulture, $"[bold]Step {progress.Step} of {progress.TotalSteps}[/], {Time(progress.Elapsed)} gone, {Time(progress.Remaining)} left")),
            new Markup($"[bold]{goal}[/] [green]{Sparkline.Draw(_goal, Math.Max(10, width - 30))}[/] {Number(_goal[^1])}"),
            Metrics(_latest),
        ];
        if (StepLines.ReadLast(samples) is { } sample)
        {
            string text = sample.Line.TryGetProperty("response", out var response) ? response.GetString() ?? "" : "";
            rows.Add(new Markup(string.Create(CultureInfo.InvariantCulture, $"[bold]A response[/] of step {sample.Step}: [grey]{Markup.Escape(text.Length > SampleLength ? text[..SampleLength] + "…" : text)}[/]")));
        }
        if (_warning is not null) rows.Add(new Markup($"[yellow]{Markup.Escape(_warning)}[/]"));
        live.UpdateTarget(new Rows(rows));
    }

    private static Table Metrics(Dictionary<string, double> metrics)
    {
        Table table = new Table().Border(TableBorder.None).HideHeaders();
        for (int column = 0; column < 4; column++) table.AddColumn(new TableColumn(""));
        foreach (string[] pair in Shown.Where(metrics.ContainsKey).Chunk(2))
            table.AddRow([.. pair.SelectMany(name => (IRenderable[])[new Markup($"[grey]{Markup.Escape(name)}[/]"), new Text(Number(metrics[name]))])]);
        return table;
    }
}
