using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>The tool: its commands, and what they exit with.</summary>
internal static class CommandLine
{
    /// <summary>Everything was done.</summary>
    public const int Success = 0;

    /// <summary>Nothing could be done: a wrong argument, no such model.</summary>
    public const int Failure = 1;

    /// <summary>Some rows were bad; each has an error in the output.</summary>
    public const int BadRows = 2;

    /// <summary>It was cancelled.</summary>
    public const int Cancelled = 130;

    /// <summary>Nobody reads the output any more; what a shell says of a tool that the system ended for that.</summary>
    public const int Closed = 141;

    /// <summary>All commands.</summary>
    /// <param name="streams">Where they read and write.</param>
    public static RootCommand Create(Streams streams) => new(
        "Where a language model plans and what it anchors its reasoning on: WAAD and FAI per token, from JSON lines to JSON lines.")
    {
        TokenizeCommand.Create(streams),
        ChatCommand.Create(streams),
        GenerateCommand.Create(streams),
        AnnotateCommand.Create(streams),
        ScoreCommand.Create(streams),
        EvaluateCommand.Create(streams),
        AnalyseCommand.Create(streams),
        ReportCommand.Create(streams),
        TrainCommand.Create(streams),
    };

    /// <summary>Runs the tool.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="streams">Where it reads and writes.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Streams streams)
    {
        // Signals are this method's own: the library's handler ends the process with an error of its own at the second one.
        InvocationConfiguration configuration = new()
        {
            Output = streams.Output,
            Error = streams.Errors,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        ParseResult parsed = Create(streams).Parse(args);
        Command command = parsed.CommandResult.Command;
        if (parsed.Action is ParseErrorAction error)
        {
            // What rows are written to holds nothing else.
            error.ShowHelp = false;
            configuration.Output = streams.Errors;
        }
        try
        {
            int code = await parsed.InvokeAsync(configuration, stop.Token).ConfigureAwait(false);
            if (parsed.Errors.Count == 0) return code;
            await streams.Errors.WriteLineAsync($"{string.Join(' ', OptionWording.Path(command))} --help says what there is.").ConfigureAwait(false);
            return Failure;
        }
        catch (OperationCanceledException)
        {
            await streams.Errors.WriteLineAsync($"Cancelled; {Left(command.Name)}").ConfigureAwait(false);
            return Cancelled;
        }
        catch (Exception exception) when (Streams.IsClosed(exception))
        {
            return Closed;
        }
        catch (InvalidOptionsException exception)
        {
            await streams.Errors.WriteLineAsync(OptionWording.Of(command, exception)).ConfigureAwait(false);
            return Failure;
        }
        catch (Exception exception)
        {
            // A tool's user wants the sentence, not where in the code it was said.
            await streams.Errors.WriteLineAsync(ErrorText.Of(exception)).ConfigureAwait(false);
            return Failure;
        }

        static string Left(string command) => command switch
        {
            "evaluate" => "what was answered is in the file of --cache, with which the same command goes on. Without --cache nothing was kept.",
            "coupling" or "perturbation" or "report" => "nothing was written.",
            _ => "finished rows are in the output.",
        };

        void Stop(PosixSignalContext signal)
        {
            // The first one ends the command after all that has to be saved; whoever sends a second one does not want to wait for it.
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }
}
