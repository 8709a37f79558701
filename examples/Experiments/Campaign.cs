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
    private readonly TextWriter _output = TextWriter.Synchronized(output);

    /// <summary>Does the runs that are missing.</summary>
    /// <param name="settings">Must be those the folder was begun with, once a run has something to show for them.</param>
    /// <param name="arms">The strategies.</param>
    /// <param name="seeds">The seeds.</param>
    /// <param name="workers">Processes at a time.</param>
    /// <param name="cancellationToken">Ends the processes; runs that had ended stay.</param>
    /// <returns>How many runs failed.</returns>
    /// <exception cref="ArgumentException">The folder was begun with other settings.</exception>
    /// <exception cref="InvalidOperationException">Training would refuse the settings, the model or the data, or the model cannot be loaded or
    /// measured.</exception>
    /// <exception cref="IOException">Another process works on this folder.</exception>
    public async Task<int> RunAsync(
        ExperimentSettings settings, IReadOnlyList<Arm> arms, IReadOnlyList<long> seeds, int workers, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder.Path);
        using FileStream taken = folder.Take("campaign.lock");
        Begin(settings);
        var worker = new WorkerProcess(executable, settings.Threads, _output);
        if (!File.Exists(folder.BeforeTrainingFile)
            && await worker.RunAsync(["before", folder.Path], folder.In("before-training.log"), cancellationToken).ConfigureAwait(false) is { } reason)
        {
            // Nothing was computed under settings that do not work.
            if (!folder.HoldsWork) File.Delete(folder.SettingsFile);
            throw new InvalidOperationException($"No run can begin: {reason}");
        }

        (Arm Arm, long Seed)[] missing =
        [
            .. seeds
                .SelectMany(seed => arms.Select(arm => (arm, seed)))
                .Where(run => !folder.Run(run.arm.Name, run.seed).HasEnded),
        ];
        foreach (RunFolder run in folder.Runs().Where(run => run.HasEnded)) run.DeleteCheckpoints(_output);
        int all = arms.Count * seeds.Count, done = all - missing.Length, failed = 0;
        await _output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{folder.Path}: {done} of {all} runs have ended")).ConfigureAwait(false);
        await Parallel.ForEachAsync(
            missing,
            new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken },
            async (run, cancellation) =>
            {
                RunFolder place = folder.Run(run.Arm.Name, run.Seed);
                Directory.CreateDirectory(place.Path);
                long started = Stopwatch.GetTimestamp();
                string? failure = await worker.RunAsync(
                    ["run", folder.Path, run.Arm.Name, run.Seed.ToString(CultureInfo.InvariantCulture)], place.LogFile, cancellation).ConfigureAwait(false);
                if (failure is not null) Interlocked.Increment(ref failed);
                string outcome = failure is null ? Outcome(place) : $"failed, see {place.LogFile}: {failure}";
                await _output
                    .WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{DateTime.Now:HH:mm:ss}  {Interlocked.Increment(ref done)} of {all}  {run.Arm.Name}, seed {run.Seed}: {outcome}  ({Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s)"))
                    .ConfigureAwait(false);
            }).ConfigureAwait(false);
        return failed;
    }

    private static string Outcome(RunFolder run)
    {
        RunResult result = ExperimentFolder.Read<RunResult>(run.ResultFile);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sampled {result.Before.Sampled:P1} → {result.After.Sampled:P1}, greedy {result.Before.Greedy:P1} → {result.After.Greedy:P1}");
    }

    private void Begin(ExperimentSettings settings)
    {
        bool holdsWork = folder.HoldsWork;
        if (File.Exists(folder.SettingsFile))
        {
            // Without a fingerprint, a path is all that says what runs start from; without work, it may be corrected.
            bool comparePaths = !holdsWork || !HasFingerprints();
            string[] differences = [.. ExperimentFolder.Read<ExperimentSettings>(folder.SettingsFile).DifferencesFrom(settings, comparePaths)];
            if (differences.Length == 0)
            {
                // The rest may be others: runs that are to come use them.
                ExperimentFolder.Write(folder.SettingsFile, settings);
                return;
            }
            if (holdsWork)
                throw new ArgumentException(
                    $"'{folder.Path}' was begun with other settings, and only runs under equal ones are compared. Give another folder, or these settings again: {string.Join(", ", differences)}.");
        }
        // First, so that no accuracy stands beside settings that it was not measured under, and no run that the trainer would not go on with.
        File.Delete(folder.BeforeTrainingFile);
        if (!holdsWork)
            foreach (RunFolder begun in folder.Runs()) Directory.Delete(begun.Path, recursive: true);
        ExperimentFolder.Write(folder.SettingsFile, settings);
    }

    private bool HasFingerprints() =>
        File.Exists(folder.BeforeTrainingFile) && ExperimentFolder.Read<RunStart>(folder.BeforeTrainingFile).Fingerprints is not null;
}
