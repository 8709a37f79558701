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
        string log = folder.In("before-training.log");
        if (!File.Exists(folder.BeforeTrainingFile) && !await DoAsync(["before", folder.Path], log, settings.Threads, cancellationToken).ConfigureAwait(false))
        {
            // Nothing was computed under settings that do not work.
            if (!folder.HoldsWork) File.Delete(folder.SettingsFile);
            throw new InvalidOperationException($"No run can begin: {File.ReadLines(log).FirstOrDefault()}");
        }

        (Arm Arm, long Seed)[] missing =
        [
            .. seeds
                .SelectMany(seed => arms.Select(arm => (arm, seed)))
                .Where(run => !folder.Run(run.arm.Name, run.seed).HasEnded),
        ];
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
                bool ended = await DoAsync(
                    ["run", folder.Path, run.Arm.Name, run.Seed.ToString(CultureInfo.InvariantCulture)],
                    place.LogFile, settings.Threads, cancellation).ConfigureAwait(false);
                if (!ended) Interlocked.Increment(ref failed);
                await _output
                    .WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{DateTime.Now:HH:mm:ss}  {Interlocked.Increment(ref done)} of {all}  {run.Arm.Name}, seed {run.Seed}: {(ended ? Outcome(place) : $"failed, see {place.LogFile}")}  ({Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s)"))
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
        if (File.Exists(folder.SettingsFile))
        {
            string[] differences = [.. ExperimentFolder.Read<ExperimentSettings>(folder.SettingsFile).DifferencesFrom(settings)];
            if (differences.Length == 0) return;
            if (folder.HoldsWork)
                throw new ArgumentException(
                    $"'{folder.Path}' was begun with other settings, and only runs under equal ones are compared. Give another folder, or these settings again: {string.Join(", ", differences)}.");
        }
        // First, so that no accuracy stands beside settings that it was not measured under.
        File.Delete(folder.BeforeTrainingFile);
        ExperimentFolder.Write(folder.SettingsFile, settings);
    }

    /// <summary>Runs this program again with other arguments; what it says goes to a file.</summary>
    private async Task<bool> DoAsync(string[] arguments, string logFile, int threads, CancellationToken cancellation)
    {
        // Begun as "dotnet MLNetAttn.Experiments.dll", this program is no executable of its own.
        string[] self = Path.GetFileNameWithoutExtension(executable) == "dotnet" ? [typeof(Campaign).Assembly.Location] : [];
        var start = new ProcessStartInfo(executable, [.. self, "worker", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        string count = threads.ToString(CultureInfo.InvariantCulture);
        (start.Environment["OMP_NUM_THREADS"], start.Environment["MKL_NUM_THREADS"]) = (count, count);
        CampaignWatch.Announce(start);
        using var process = new Process { StartInfo = start };
        process.Start();
        try
        {
            Task<string> said = process.StandardOutput.ReadToEndAsync(cancellation), complained = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            await LogAsync(logFile, await said.ConfigureAwait(false) + await complained.ConfigureAwait(false), cancellation).ConfigureAwait(false);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    // What a run said is no part of its result: a full disk must not end the others.
    private async Task LogAsync(string file, string text, CancellationToken cancellation)
    {
        try
        {
            await File.WriteAllTextAsync(file, text, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await _output.WriteLineAsync($"The log could not be written: {exception.Message}").ConfigureAwait(false);
        }
    }
}
