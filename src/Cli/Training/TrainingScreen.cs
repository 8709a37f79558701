using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MLNetAttn.Estimators;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MLNetAttn.Cli;

/// <summary>Shows training on a screen that is drawn anew after each step, and every second, so that it can be seen to be alive.</summary>
internal sealed class TrainingScreen : TrainingView, IDisposable
{
    private const int SampleLength = 400, PromptLength = 120, PairWidth = 40, WarningsShown = 3;

    private readonly LiveDisplayContext _live;
    private readonly IAnsiConsole _console;
    private readonly RunFolder _folder;
    private readonly List<double> _goal = [];
    private readonly Dictionary<string, double> _latest = [];
    private readonly Timer _clock;
    private long _since = Stopwatch.GetTimestamp();
    private Markup? _sample;
    private string? _notice;
    private bool _isDone;

    /// <param name="live">The screen.</param>
    /// <param name="console">The terminal, whose width people change.</param>
    /// <param name="folder">The run's folder, with the file of sample responses.</param>
    public TrainingScreen(LiveDisplayContext live, IAnsiConsole console, RunFolder folder)
        : base(folder)
    {
        (_live, _console, _folder) = (live, console, folder);
        Draw();
        _clock = new Timer(_ => Tick(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Draws no more.</summary>
    public void Dispose()
    {
        lock (Turn)
        {
            _isDone = true;
            _clock.Dispose();
        }
    }

    /// <summary>Where training stands.</summary>
    public IReadOnlyList<IRenderable> Progress(TrainingProgress progress)
    {
        int width = _console.Profile.Width;
        TimeSpan gone = progress.Elapsed + (_isDone ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_since));
        List<IRenderable> rows =
        [
            new Markup(string.Create(
                CultureInfo.InvariantCulture,
                $"[bold]Step {progress.Step} of {progress.TotalSteps}[/], {Time(gone)} gone{Left(progress, ", ")}")),
            new Markup($"[bold]{Goal}[/] [green]{Sparkline.Draw(_goal, Math.Max(10, width - 30))}[/] {Number(_goal[^1])}"),
        ];
        if (Course is { Goal: { } goal, Last: { } last, Best: var best })
            rows.Add(new Markup(
                $"[bold]{goal}[/] {Number(last.Value)} {When(last)}{(best is null || best == last ? "" : $", best {Number(best.Value)} {When(best)}")}"));
        rows.Add(Metrics(width));
        if (_sample is not null) rows.Add(_sample);
        return rows;
    }

    private protected override void Show(TrainingProgress progress)
    {
        _since = Stopwatch.GetTimestamp();
        Recall(progress.Metrics);
        _sample = StepLines.ReadLast(_folder.In(RunFiles.Samples)) is { } sample ? Sample(sample.Step, sample.Line) : null;
        Draw();
    }

    private protected override void ShowWarning(string message) => Draw();

    private protected override void ShowNotice(string message)
    {
        _notice = message;
        Draw();
    }

    private protected override void Recall(IReadOnlyDictionary<string, double> metrics)
    {
        // An evaluation stays to be seen until the next one.
        foreach ((string name, double value) in metrics) _latest[name] = value;
        _goal.Add(metrics.GetValueOrDefault(Goal, double.NaN));
    }

    private string Goal => _latest.ContainsKey("reward") || _latest.ContainsKey("eval_reward") ? "reward" : "loss";

    private void Tick()
    {
        lock (Turn)
        {
            if (_isDone) return;
            try
            {
                Draw();
            }
            catch (IOException)
            {
                // A terminal that is gone must not end the training.
            }
        }
    }

    private void Draw()
    {
        // The last line is empty: there a terminal writes ^C.
        _live.UpdateTarget(new Rows(
        [
            .. Last is { } progress ? Progress(progress) : [new Text($"The first step … {Time(Stopwatch.GetElapsedTime(_since))}")],
            .. Notes(),
            new Text(""),
        ]));
        _live.Refresh();
    }

    private static string When(RunCourse.Evaluated evaluation) =>
        evaluation.Step == 0 ? "before the first step" : string.Create(CultureInfo.InvariantCulture, $"after step {evaluation.Step}");

    private IEnumerable<IRenderable> Notes()
    {
        int left = Warnings.All.Count - WarningsShown;
        if (left > 0)
            yield return new Markup(string.Create(
                CultureInfo.InvariantCulture, $"[yellow]{left} earlier warnings are in {Markup.Escape(Path.GetFileName(_folder.Warnings))}.[/]"));
        foreach (string warning in Warnings.All.TakeLast(WarningsShown)) yield return new Markup($"[yellow]{Markup.Escape(warning)}[/]");
        if (_notice is not null) yield return new Markup($"[bold]{Markup.Escape(_notice)}[/]");
    }

    private static Markup Sample(int step, JsonElement line)
    {
        string reward = line.TryGetProperty("reward", out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? $", reward {Number(value.GetDouble())}"
            : "";
        return new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]A response[/] of step {step}{reward}, to [grey]{Text(line, "prompt", PromptLength)}[/]\n[grey]{Text(line, "response", SampleLength)}[/]"));
    }

    private static string Text(JsonElement line, string name, int length)
    {
        string text = line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return Markup.Escape(text.Length > length ? text[..length] + "…" : text);
    }

    private Table Metrics(int width)
    {
        int pairs = width >= 2 * PairWidth ? 2 : 1;
        Table table = new Table().Border(TableBorder.None).HideHeaders();
        for (int column = 0; column < 2 * pairs; column++) table.AddColumn(new TableColumn("").NoWrap());
        foreach (string[] row in StepMetrics.Shown.Where(name => name != Course.Goal && _latest.ContainsKey(name)).Chunk(pairs))
            table.AddRow([.. row.SelectMany(name => (IRenderable[])[new Markup($"[grey]{Markup.Escape(name)}[/]"), new Text(Number(_latest[name]))])]);
        return table;
    }
}
