using System.Globalization;
using MLNetAttn.Estimators;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MLNetAttn.Cli;

/// <summary>Shows training on a screen that is drawn anew after each step.</summary>
internal sealed class TrainingScreen : TrainingView
{
    private const int SampleLength = 400, PairWidth = 40;

    private readonly LiveDisplayContext _live;
    private readonly string _samples;
    private readonly int _width;
    private readonly List<double> _goal = [];
    private readonly Dictionary<string, double> _latest = [];
    private string? _warning;

    /// <param name="live">The screen.</param>
    /// <param name="samples">The file of sample responses.</param>
    /// <param name="width">Characters in a line.</param>
    public TrainingScreen(LiveDisplayContext live, string samples, int width)
    {
        (_live, _samples, _width) = (live, samples, width);
        Draw();
    }

    public override void Warn(string message)
    {
        _warning = message;
        Draw();
    }

    private protected override void Show(TrainingProgress progress)
    {
        // An evaluation stays to be seen until the next one.
        foreach ((string name, double value) in progress.Metrics) _latest[name] = value;
        _goal.Add(progress.Metrics.GetValueOrDefault(Goal, double.NaN));
        Draw();
    }

    private string Goal => _latest.ContainsKey("reward") || _latest.ContainsKey("eval_reward") ? "reward" : "loss";

    private void Draw()
    {
        _live.UpdateTarget(new Rows(Last is { } progress ? Progress(progress) : [new Text("The first step …"), .. Warning()]));
        _live.Refresh();
    }

    private List<IRenderable> Progress(TrainingProgress progress)
    {
        List<IRenderable> rows =
        [
            new Markup(string.Create(
                CultureInfo.InvariantCulture,
                $"[bold]Step {progress.Step} of {progress.TotalSteps}[/], {Time(progress.Elapsed)} gone{Left(progress, ", ")}")),
            new Markup($"[bold]{Goal}[/] [green]{Sparkline.Draw(_goal, Math.Max(10, _width - 30))}[/] {Number(_goal[^1])}"),
            Metrics(),
            .. Warning(),
        ];
        if (StepLines.ReadLast(_samples) is { } sample)
        {
            string text = sample.Line.TryGetProperty("response", out var response) ? response.GetString() ?? "" : "";
            rows.Add(new Markup(string.Create(
                CultureInfo.InvariantCulture,
                $"[bold]A response[/] of step {sample.Step}: [grey]{Markup.Escape(text.Length > SampleLength ? text[..SampleLength] + "…" : text)}[/]")));
        }
        return rows;
    }

    private IEnumerable<IRenderable> Warning() => _warning is null ? [] : [new Markup($"[yellow]{Markup.Escape(_warning)}[/]")];

    private Table Metrics()
    {
        int pairs = _width >= 2 * PairWidth ? 2 : 1;
        Table table = new Table().Border(TableBorder.None).HideHeaders();
        for (int column = 0; column < 2 * pairs; column++) table.AddColumn(new TableColumn("").NoWrap());
        foreach (string[] row in StepMetrics.Shown.Where(_latest.ContainsKey).Chunk(pairs))
            table.AddRow([.. row.SelectMany(name => (IRenderable[])[new Markup($"[grey]{Markup.Escape(name)}[/]"), new Text(Number(_latest[name]))])]);
        return table;
    }
}
