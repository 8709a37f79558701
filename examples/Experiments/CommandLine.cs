using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using MLNetAttn.Cli;
using MLNetAttn.Modeling;

namespace MLNetAttn.Experiments;

/// <summary>The commands.</summary>
internal static class CommandLine
{
    private const int Success = 0, Failure = 1, FailedRuns = 2, Cancelled = 130;

    /// <summary>Runs a command.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="executable">This program, for the processes of the runs.</param>
    /// <param name="output">Told how it goes, and the tables.</param>
    /// <param name="errors">Told what is wrong.</param>
    public static async Task<int> RunAsync(string[] args, string executable, TextWriter output, TextWriter errors)
    {
        bool isWorker = args is ["worker", ..];
        // Signals are this method's own: the library's handler ends the process with an error of its own at the second one.
        InvocationConfiguration configuration = new()
        {
            Output = output,
            Error = errors,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration
            interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt),
            terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            if (isWorker) return Work(args);
            ParseResult parsed = Create(executable, output).Parse(args);
            if (parsed.Action is not ParseErrorAction) return await parsed.InvokeAsync(configuration, stop.Token).ConfigureAwait(false);
            // Help is longer than a screen, and the mistake would be above it.
            foreach (ParseError error in parsed.Errors) await errors.WriteLineAsync(OptionRules.Text(error)).ConfigureAwait(false);
            string command = parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
            await errors.WriteLineAsync($"{command}--help says what there is.").ConfigureAwait(false);
            return Failure;
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("Cancelled; the same command goes on with the runs that have not ended.").ConfigureAwait(false);
            return Cancelled;
        }
        catch (Exception exception)
        {
            // Of a run, the log keeps where it happened, too; the campaign tells the first of these lines.
            string message = exception is InvalidOptionsException
                ? SettingsArguments.InOptions(ErrorText.Of(exception), isViolation: true)
                : ErrorText.Of(exception);
            await errors.WriteLineAsync(isWorker ? $"{WorkerProcess.ErrorMark}{message}\n{exception}" : message).ConfigureAwait(false);
            return Failure;
        }

        void Interrupt(PosixSignalContext signal)
        {
            // A terminal's Ctrl-C reaches the runs, too: the campaign ends them, and they do not count as failed.
            if (isWorker) signal.Cancel = true;
            else Stop(signal);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !isWorker && !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    private static int Work(string[] args)
    {
        CampaignWatch.Begin();
        var folder = new ExperimentFolder(args[2]);
        bool isBeginning = args[1] == "before";
        using var worker = new Worker(folder, isBeginning ? folder.ProposedFile : folder.SettingsFile);
        if (isBeginning) worker.Begin();
        else worker.Run(args[3], long.Parse(args[4], CultureInfo.InvariantCulture));
        return Success;
    }

    /// <summary>The commands' arguments and what they do.</summary>
    internal static RootCommand Create(string executable, TextWriter output)
    {
        Argument<string> folder = new("folder") { Description = "The experiment's folder: runs that have ended there are not done again." };
        folder.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }]) result.AddError("The folder's name is empty: say which.");
        });
        var settings = new SettingsArguments(folder);
        Option<int?> workers = new Option<int?>("--workers")
        {
            Description = "Runs at a time. Left out: as many as the cores have threads for, and one on a GPU.",
        }.AtLeast(1);
        Command run = new(
            "run",
            "Does the runs that the folder lacks, then reports. Of a folder that was begun, only what is to be other has to be given: more seeds, other strategies.")
        {
            folder, workers,
        };
        settings.AddTo(run);
        run.SetAction(async (parsed, cancellation) =>
        {
            var place = new ExperimentFolder(parsed.GetRequiredValue(folder));
            ExperimentSettings shared = settings.Read(parsed.CommandResult);
            IReadOnlyList<string> failed = await new Campaign(place, executable, output)
                .RunAsync(shared, parsed.GetValue(workers) ?? DefaultWorkers(shared, Environment.ProcessorCount), cancellation)
                .ConfigureAwait(false);
            if (place.Results().Count > 0) Report.Write(place, Arm.Find(shared.Baseline).Name, output);
            if (failed.Count == 0) return Success;
            await output
                .WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"\n{failed.Count} of {shared.Arms().Count * SeedList.Parse(shared.Seeds).Count} runs failed, and the same command tries them again: {string.Join("; ", failed)}"))
                .ConfigureAwait(false);
            return FailedRuns;
        });
        Command report = new("report", "Writes results.md, results.json, curves.png and differences.png anew, from the runs that have ended.")
        {
            folder, settings.Baseline,
        };
        report.SetAction(parsed =>
        {
            var place = new ExperimentFolder(parsed.GetRequiredValue(folder));
            Report.Write(place, Arm.Find(settings.Read(parsed.CommandResult).Baseline).Name, output);
        });
        return new RootCommand("Compares ways of assigning credit over several seeds.") { run, report };
    }

    /// <summary>Runs at a time that do not wait for one another: on a GPU they would share its memory.</summary>
    internal static int DefaultWorkers(ExperimentSettings settings, int cores) => settings.Device == "cpu" ? Math.Max(1, cores / settings.Threads) : 1;
}
