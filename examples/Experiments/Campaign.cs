using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace MLNetAttn.Experiments;

/// <summary>Starts a process for each run that has not ended yet, some at a time: all strategies of the first seed, then of the second, so that a campaign that
/// is cut is balanced.</summary>
/// <param name="folder">The experiment.</param>
/// <param name="executable">This program.</param>
/// <param name="output">Told how it goes.</param>
internal sealed class Campaign(ExperimentFolder folder, string executable, TextWriter output)
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMinutes(1);

    private readonly TextWriter _output = TextWriter.Synchronized(output);

    /// <summary>Does the runs that are missing.</summary>
    /// <param name="settings">Must be those the folder was begun with, once a run has something to show for them.</param>
    /// <param name="workers">Processes at a time.</param>
    /// <param name="cancellationToken">Ends the processes; runs that had ended stay.</param>
    /// <returns>The runs that failed, and why.</returns>
    /// <exception cref="ArgumentException">The folder was begun with other settings, or there would be nothing to compare.</exception>
    /// <exception cref="InvalidOperationException">Training would refuse the settings, the model or the data, or the model cannot be loaded or
    /// measured.</exception>
    /// <exception cref="IOException">Another process works on this folder.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(ExperimentSettings settings, int workers, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder.Path);
        using FileStream taken = folder.Take();
        (Arm Arm, long Seed)[] all = [.. SeedList.Parse(settings.Seeds).SelectMany(seed => settings.Arms().Select(arm => (arm, seed)))],
            missing = [.. all.Where(run => !folder.Run(run.Arm.Name, run.Seed).HasEnded)];
        bool isNew = !new FolderRules(folder).Continue(settings) || !File.Exists(folder.BeforeTrainingFile);
        await TellComparisonAsync(settings, [.. folder.Results().Select(run => (run.Arm, run.Seed)), .. missing.Select(run => (run.Arm.Name, run.Seed))])
            .ConfigureAwait(false);
        foreach (RunFolder run in folder.Runs().Where(run => run.HasEnded)) run.DeleteCheckpoints(_output);
        if (missing.Length > 0) await BeginAsync(settings, isNew, cancellationToken).ConfigureAwait(false);

        using var progress = new CampaignProgress(_output, missing.Length, settings.Steps, ProgressEvery);
        var worker = new WorkerProcess(executable, settings.Threads, _output, progress.Warn);
        int done = all.Length - missing.Length;
        await _output
            .WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{folder.Path}: {done} of {all.Length} runs have ended"))
            .ConfigureAwait(false);
        ConcurrentQueue<string> failures = [];
        await Parallel.ForEachAsync(
            missing,
            new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken },
            async (run, cancellation) =>
            {
                RunFolder place = folder.Run(run.Arm.Name, run.Seed);
                Directory.CreateDirectory(place.Path);
                long started = Stopwatch.GetTimestamp();
                progress.Begin(place);
                string? failure = await worker.RunAsync(
                    ["run", folder.Path, run.Arm.Name, run.Seed.ToString(CultureInfo.InvariantCulture)], place.LogFile, cancellation).ConfigureAwait(false);
                string left = progress.End(place);
                if (failure is not null) failures.Enqueue($"{place.Name}: {failure}");
                string outcome = failure is null ? Outcome(place) : $"failed, see {place.LogFile}: {failure}";
                await _output
                    .WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{DateTime.Now:HH:mm:ss}  {Interlocked.Increment(ref done)} of {all.Length}  {run.Arm.Name}, seed {run.Seed}: {outcome}  ({Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s{left})"))
                    .ConfigureAwait(false);
            }).ConfigureAwait(false);
        return [.. failures];
    }

    private static string Outcome(RunFolder run)
    {
        RunResult result = ExperimentFolder.Read<RunResult>(run.ResultFile);
        return $"sampled {Change(result.Before.Sampled, result.After.Sampled)}, greedy {Change(result.Before.Greedy, result.After.Greedy)}";

        static string Change(double before, double after) => $"{SummaryText.Percent(before)} → {SummaryText.Percent(after)}";
    }

    /// <summary>Says what a table of runs would lack, before hours are spent on it.</summary>
    private async Task TellComparisonAsync(ExperimentSettings settings, IReadOnlyCollection<(string Arm, long Seed)> runs)
    {
        Arm baseline = Arm.Find(settings.Baseline);
        string[] arms = [.. runs.Select(run => run.Arm).Distinct()];
        if (!arms.Contains(baseline.Name))
        {
            string lacking = $"{baseline.Name}, which the others are compared with, is not among --strategies, and no run of it has ended here";
            if (arms.Length > 1) throw new ArgumentException($"{lacking}: add it, or name another strategy with --baseline.");
            await _output.WriteLineAsync($"Nothing will be compared: {lacking}.").ConfigureAwait(false);
        }
        else if (arms.Length > 1 && runs.Select(run => run.Seed).Distinct().Count() == 1)
        {
            await _output.WriteLineAsync("One seed gives differences and no intervals: --seeds 1-5 gives both.").ConfigureAwait(false);
        }
    }

    /// <summary>Sees to it that runs can begin, and to what they start from.</summary>
    private async Task BeginAsync(ExperimentSettings settings, bool isNew, CancellationToken cancellation)
    {
        // What it warns of is that it takes no step, and what runs warn of themselves.
        var worker = new WorkerProcess(executable, settings.Threads, _output);
        await _output.WriteLineAsync(isNew ? "Measuring the model before training …" : "Trying whether runs can begin …").ConfigureAwait(false);
        ExperimentFolder.Write(folder.ProposedFile, settings);
        try
        {
            if (await worker.RunAsync(["before", folder.Path], folder.In("before-training.log"), cancellation).ConfigureAwait(false) is { } reason)
                throw new InvalidOperationException($"No run can begin: {reason}");
        }
        finally
        {
            File.Delete(folder.ProposedFile);
        }
        RunStart start = ExperimentFolder.Read<RunStart>(folder.BeforeTrainingFile);
        await _output
            .WriteLineAsync($"Before training: sampled {SummaryText.Percent(start.Sampled)}, greedy {SummaryText.Percent(start.Greedy)}")
            .ConfigureAwait(false);
    }
}
