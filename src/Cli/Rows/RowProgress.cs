using Spectre.Console;

namespace MLNetAttn.Cli;

/// <summary>A bar with the time that is left, for people who watch.</summary>
internal static class RowProgress
{
    /// <summary>Runs the work and shows how much of the file has been read.</summary>
    /// <param name="streams">Progress goes where people read, if they watch.</param>
    /// <param name="title">What is done.</param>
    /// <param name="file">The input; null = its length is not known, and nothing is shown.</param>
    /// <param name="work">Is given what to call after each batch.</param>
    public static void Show(Streams streams, string title, FileStream? file, Action<Action> work)
    {
        if (!streams.IsTerminal || file is null || file.Length == 0)
        {
            work(() => { });
            return;
        }
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Errors) });
        console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: file.Length);
                work(() => task.Value = file.Position);
                task.Value = file.Length;
            });
    }
}
