using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MLNetAttn.Experiments;

/// <summary>The commands.</summary>
internal static class CommandLine
{
    private const int Success = 0, Failure = 1, FailedRuns = 2, Cancelled = 130;

    private const string Flow = "flow";

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
            int code = await parsed.InvokeAsync(configuration, stop.Token).ConfigureAwait(false);
            return parsed.Errors.Count > 0 ? Failure : code;
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("Cancelled; the same command goes on with the runs that have not ended.").ConfigureAwait(false);
            return Cancelled;
        }
        catch (Exception exception)
        {
            // Of a run, the log keeps where it happened, too; the campaign tells the first of these lines.
            await errors.WriteLineAsync(isWorker ? $"{WorkerProcess.ErrorMark}{exception.Message}\n{exception}" : exception.Message).ConfigureAwait(false);
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
        using var worker = new Worker(new ExperimentFolder(args[2]));
        if (args[1] == "before") worker.MeasureBeforeTraining();
        else worker.Run(args[3], long.Parse(args[4], CultureInfo.InvariantCulture));
        return Success;
    }

    /// <summary>The commands' arguments and what they do.</summary>
    internal static RootCommand Create(string executable, TextWriter output)
    {
        var settings = new SettingsArguments();
        Argument<string> folder = new("folder") { Description = "The experiment's folder: runs that have ended there are not done again." };
        Option<string> arms = new("--strategies")
        {
            Description = $"Which, with commas between: {string.Join(", ", Arm.All.Select(it => it.Name))}.",
            DefaultValueFactory = _ => string.Join(',', Arm.All.Select(it => it.Name)),
        };
        Option<string> seeds = new("--seeds") { Description = "First-last, or with commas between.", DefaultValueFactory = _ => "1-5" };
        Option<int?> workers = new Option<int?>("--workers")
        {
            Description = "Runs at a time. Left out: as many as the cores have threads for, and one on a GPU.",
        }.AtLeast(1);
        Option<string> baseline = new("--baseline")
        {
            Description = "The strategy that the others are compared with.",
            DefaultValueFactory = _ => Arm.Baseline,
        };
        Command run = new("run", "Does the runs that the folder lacks, then reports.") { folder, arms, seeds, workers, baseline };
        settings.AddTo(run);
        run.Validators.Add(result =>
        {
            // Defaults are filled in after this: left out, all are meant.
            if ((result.GetValue(arms) is not { } given || given.Split(',').Contains(Flow)) && settings.LacksFlowAnswer(result))
                result.AddError(
                    $"--flow-answer is not given, and its default is for Countdown's search traces: say where the answers of this task are, such as 'boxed\\{{(.*)\\}}', or leave {Flow} out of --strategies.");
        });
        run.SetAction(async (parsed, cancellation) =>
        {
            var place = new ExperimentFolder(parsed.GetRequiredValue(folder));
            Arm[] compared = [.. parsed.GetRequiredValue(arms).Split(',').Select(Arm.Find).Distinct()];
            ExperimentSettings shared = settings.Read(parsed);
            Arm compareWith = Arm.Find(parsed.GetRequiredValue(baseline));
            int failed = await new Campaign(place, executable, output)
                .RunAsync(
                    shared, compared, Seeds(parsed.GetRequiredValue(seeds)),
                    parsed.GetValue(workers) ?? DefaultWorkers(shared, Environment.ProcessorCount), cancellation)
                .ConfigureAwait(false);
            if (place.Results().Count > 0) ShowReport(place, compareWith, output);
            return failed == 0 ? Success : FailedRuns;
        });
        Command report = new("report", "Writes results.md, results.json, curves.png and differences.png anew, from the runs that have ended.")
        {
            folder, baseline,
        };
        report.SetAction(parsed => ShowReport(new ExperimentFolder(parsed.GetRequiredValue(folder)), Arm.Find(parsed.GetRequiredValue(baseline)), output));
        return new RootCommand("Compares ways of assigning credit over several seeds.") { run, report };
    }

    /// <summary>Runs at a time that do not wait for one another: on a GPU they would share its memory.</summary>
    internal static int DefaultWorkers(ExperimentSettings settings, int cores) => settings.Device == "cpu" ? Math.Max(1, cores / settings.Threads) : 1;

    private static void ShowReport(ExperimentFolder folder, Arm baseline, TextWriter output)
    {
        Report.Write(folder, baseline.Name);
        output.Write(File.ReadAllText(folder.In("results.md")));
    }

    /// <exception cref="ArgumentException">They are neither a range nor a list, or none.</exception>
    private static long[] Seeds(string text)
    {
        try
        {
            if (text.Split('-') is not [var first, var last]) return [.. text.Split(',').Select(Number).Distinct()];
            return Number(first) <= Number(last)
                ? [.. Enumerable.Range(0, checked((int)(Number(last) - Number(first) + 1))).Select(i => Number(first) + i)]
                : throw new ArgumentException($"Seeds '{text}' are none: the last is below the first.");
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new ArgumentException($"Seeds '{text}' are not understood, expected first-last such as 1-5, or a list such as 1,2,7.", exception);
        }

        static long Number(string number) => long.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
