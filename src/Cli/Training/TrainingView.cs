using System.Globalization;
using MLNetAttn.Estimators;
using Spectre.Console;

namespace MLNetAttn.Cli;

/// <summary>Shows how training goes: a screen for people who watch, lines for files. Whoever stops it does so on another thread.</summary>
/// <param name="folder">The run's folder.</param>
internal abstract class TrainingView(RunFolder folder) : IProgress<TrainingProgress>
{
    private const int UsualHeight = 24, UsualWidth = 80;

    /// <summary>The step that was done last; null = none yet.</summary>
    public TrainingProgress? Last { get; private set; }

    /// <summary>How the run went, what it did before this process among it; nothing before the first step.</summary>
    public RunCourse Course { get; } = new();

    /// <summary>Called once, when the trainer has done its first step in this process.</summary>
    public Action? Started { private get; init; }

    /// <summary>What was warned of.</summary>
    protected TrainingWarnings Warnings { get; } = new(folder.Warnings);

    /// <summary>Held by whoever shows something.</summary>
    protected Lock Turn { get; } = new();

    /// <summary>Shows work as it goes.</summary>
    /// <param name="streams">Where people read, if they watch.</param>
    /// <param name="folder">The run's folder, in which sample responses are.</param>
    /// <param name="every">How many steps there are from line to line.</param>
    /// <param name="started">Called once, when the first step is done.</param>
    /// <param name="work">Is given what to tell.</param>
    public static T Show<T>(Streams streams, RunFolder folder, int every, Action started, Func<TrainingView, T> work)
    {
        if (!streams.IsTerminal) return work(new TrainingLines(streams.Errors, every, folder) { Started = started });
        // That it can be drawn over the streams say; only of a console of Windows more is to be found out.
        AnsiSupport ansi = OperatingSystem.IsWindows() ? AnsiSupport.Detect : AnsiSupport.Yes;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = ansi, Out = new AnsiConsoleOutput(streams.Errors) });
        // A terminal of no size, such as one of a container, does not know it.
        if (console.Profile.Height < 2) console.Profile.Height = UsualHeight;
        if (console.Profile.Width < 2) console.Profile.Width = UsualWidth;
        TrainingScreen? screen = null;
        try
        {
            // Of what a small terminal has no room for, the end is left out.
            return console.Live(new Text("")).AutoClear(true).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).Start(live =>
            {
                using (screen = new TrainingScreen(live, console, folder) { Started = started }) return work(screen);
            });
        }
        finally
        {
            // Whole, as lines that stay: a screen has no room for all warnings, and what is longest on it leaves gaps.
            if (screen?.Last is { } last) console.Write(new Rows(screen.Progress(last)));
            foreach (string warning in screen?.Warnings.All ?? []) streams.Errors.WriteLine(warning);
        }
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        lock (Turn)
        {
            if (Last is null) Begin(value.Step);
            Last = value;
            Course.Add(value.Step, value.Metrics);
            Show(value);
        }
    }

    /// <summary>Shows what went wrong without ending the training; once, however often it does.</summary>
    public void Warn(string message)
    {
        lock (Turn)
        {
            if (Warnings.Add(Last?.Step ?? 0, message)) ShowWarning(message);
        }
    }

    /// <summary>Shows that training ends, which may take a while.</summary>
    public void Stop()
    {
        lock (Turn) ShowNotice("Stopping after this step, and saving the policy. Ctrl-C again ends at once, without saving.");
    }

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

    private protected abstract void ShowWarning(string message);

    private protected abstract void ShowNotice(string message);

    /// <summary>Is told what was measured in steps before this process.</summary>
    private protected virtual void Recall(IReadOnlyDictionary<string, double> metrics)
    {
    }

    // The trainer has dropped by now what the run is not to go on from.
    private void Begin(int step)
    {
        foreach ((int earlier, IReadOnlyDictionary<string, double> metrics) in folder.Measured().TakeWhile(line => line.Step < step))
        {
            Course.Add(earlier, metrics);
            Recall(metrics);
        }
        try
        {
            Started?.Invoke();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A configuration that cannot be written must not end the training that it describes.
            Warn($"The configuration could not be written: {exception.Message}");
        }
    }
}
