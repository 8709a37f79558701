using Spectre.Console;

namespace MLNetAttn.Cli;

/// <summary>A bar with the time that is left, for people who watch.</summary>
internal static class RowProgress
{
    /// <summary>Runs work that reads a file, and shows how much of it has been read.</summary>
    /// <param name="streams">Progress goes where people read, if they watch.</param>
    /// <param name="title">What is done.</param>
    /// <param name="file">The input; null = its length is not known, and nothing is shown.</param>
    /// <param name="work">Is given what to call after each batch.</param>
    public static void Show(Streams streams, string title, FileStream? file, Action<Action> work) =>
        Show(streams, title, file?.Length ?? 0, task => work(() => task?.Value = file!.Position));

    /// <summary>Runs work of a known number of steps.</summary>
    /// <param name="streams">As above.</param>
    /// <param name="title">What is done.</param>
    /// <param name="steps">How many steps there are.</param>
    /// <param name="work">Is given what to tell how many are done.</param>
    public static void Show(Streams streams, string title, int steps, Action<IProgress<int>> work) =>
        Show(streams, title, (long)steps, task => work(new Steps(task)));

    private static void Show(Streams streams, string title, long length, Action<ProgressTask?> work)
    {
        if (!streams.IsTerminal || length == 0)
        {
            work(null);
            return;
        }
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Errors) });
        console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(context.AddTask(Markup.Escape(title), maxValue: length)));
    }

    /// <summary>Tells at once, on the thread that works.</summary>
    private sealed class Steps(ProgressTask? task) : IProgress<int>
    {
        public void Report(int value) => task?.Value = value;
    }
}
