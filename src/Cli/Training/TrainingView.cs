using System.Globalization;
using MLNetAttn.Estimators;
using Spectre.Console;

namespace MLNetAttn.Cli;

/// <summary>Shows how training goes: a screen for people who watch, lines for files.</summary>
internal abstract class TrainingView : IProgress<TrainingProgress>
{
    /// <summary>The step that was done last; null = none yet.</summary>
    public TrainingProgress? Last { get; private set; }

    /// <summary>The step after which the best evaluation was made; null = none was, or none in this process.</summary>
    public int? BestStep { get; private set; }

    /// <summary>Called once, when the trainer has done its first step in this process.</summary>
    public Action? Started { private get; init; }

    /// <summary>Shows work as it goes.</summary>
    /// <param name="streams">Where people read, if they watch.</param>
    /// <param name="folder">The run's folder, in which sample responses are.</param>
    /// <param name="every">How many steps there are from line to line.</param>
    /// <param name="started">Called once, when the first step is done.</param>
    /// <param name="work">Is given what to tell.</param>
    public static T Show<T>(Streams streams, RunFolder folder, int every, Action started, Func<TrainingView, T> work)
    {
        if (!streams.IsTerminal) return work(new TrainingLines(streams.Errors, every) { Started = started });
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Errors) });
        // Of what a small terminal has no room for, the end is left out.
        return console.Live(new Text("")).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom)
            .Start(live => work(new TrainingScreen(live, folder.In(RunFiles.Samples), console.Profile.Width) { Started = started }));
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        if (Last is null) Begin();
        Last = value;
        if (value.Metrics.TryGetValue(BestPolicy.StepMetric, out double best) && !double.IsNaN(best)) BestStep = (int)best;
        Show(value);
    }

    // A configuration that cannot be written must not end the training that it describes.
    private void Begin()
    {
        try
        {
            Started?.Invoke();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Warn($"The configuration could not be written: {exception.Message}");
        }
    }

    /// <summary>Shows what went wrong without ending the training.</summary>
    public abstract void Warn(string message);

    /// <summary>What is left, in words; nothing while that is not known.</summary>
    protected static string Left(TrainingProgress progress, string separator) =>
        progress.Remaining is { } remaining ? $"{separator}{Time(remaining)} left" : "";

    /// <summary>A number, short.</summary>
    protected static string Number(double value) => double.IsNaN(value) ? "–" : value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>How long, in words.</summary>
    protected static string Time(TimeSpan time) =>
        time.TotalMinutes < 1 ? $"{time.TotalSeconds:0} s"
        : time.TotalHours < 1 ? $"{(int)time.TotalMinutes} min {time.Seconds} s"
        : $"{(int)time.TotalHours} h {time.Minutes} min";

    private protected abstract void Show(TrainingProgress progress);
}
