using System.Diagnostics;
using System.Globalization;

namespace MLNetAttn.Experiments;

/// <summary>This program run again with other arguments; what it says goes to a file as it says it, so that a process that is killed leaves what it
/// said.</summary>
/// <param name="executable">This program.</param>
/// <param name="threads">Threads of an operation.</param>
/// <param name="output">Told where the file cannot be written.</param>
/// <param name="warned">Told each warning, and the file that it is in, as it is said.</param>
internal sealed class WorkerProcess(string executable, int threads, TextWriter output, Action<string, string>? warned = null)
{
    /// <summary>What the line begins with that says why a worker failed; its warnings are in the same stream.</summary>
    public const string ErrorMark = "Error: ";

    /// <summary>What a line begins with that warns of something; the run goes on.</summary>
    public const string WarningMark = "Warning: ";

    // 128 and the number of the signal is what shells and .NET make of a process that one has ended.
    private const int Signalled = 128, SigKill = 9;

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">What the worker is to do.</param>
    /// <param name="logFile">Added to: a run that goes on keeps what it said before.</param>
    /// <param name="cancellation">Ends the process.</param>
    /// <returns>Why it failed; null where it did not.</returns>
    public async Task<string?> RunAsync(string[] arguments, string logFile, CancellationToken cancellation)
    {
        // Begun as "dotnet MLNetAttn.Experiments.dll", this program is no executable of its own.
        string[] self = Path.GetFileNameWithoutExtension(executable) == "dotnet" ? [typeof(WorkerProcess).Assembly.Location] : [];
        var start = new ProcessStartInfo(executable, [.. self, "worker", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        string count = threads.ToString(CultureInfo.InvariantCulture);
        (start.Environment["OMP_NUM_THREADS"], start.Environment["MKL_NUM_THREADS"]) = (count, count);
        CampaignWatch.Announce(start);
        using var process = new Process { StartInfo = start };
        process.Start();
        try
        {
            var log = new Log(logFile, output);
            string? error = null;
            Task said = EachLineAsync(process.StandardOutput, log.Add), complained = EachLineAsync(process.StandardError, line =>
            {
                if (line.StartsWith(ErrorMark, StringComparison.Ordinal)) error ??= line[ErrorMark.Length..];
                if (line.StartsWith(WarningMark, StringComparison.Ordinal)) warned?.Invoke(line[WarningMark.Length..], logFile);
                log.Add(line);
            });
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            await Task.WhenAll(said, complained).ConfigureAwait(false);
            return process.ExitCode == 0 ? null : error ?? Ending(process.ExitCode);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        async Task EachLineAsync(StreamReader stream, Action<string> heard)
        {
            while (await stream.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line) heard(line);
        }
    }

    /// <summary>How a process ended that did not say why.</summary>
    private static string Ending(int code) => code switch
    {
        Signalled + SigKill => FormattableString.Invariant($"killed (exit code {code}): out of memory?"),
        > Signalled => FormattableString.Invariant($"ended by signal {code - Signalled} (exit code {code})"),
        _ => FormattableString.Invariant($"exit code {code}, and no reason given"),
    };

    /// <summary>What a run said is no part of its result: a full disk must not end it.</summary>
    private sealed class Log(string file, TextWriter output)
    {
        private readonly Lock _lock = new();
        private bool _failed;

        public void Add(string line)
        {
            lock (_lock)
            {
                if (_failed) return;
                try
                {
                    File.AppendAllText(file, line + "\n");
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    _failed = true;
                    output.WriteLine($"The log could not be written: {exception.Message}");
                }
            }
        }
    }
}
