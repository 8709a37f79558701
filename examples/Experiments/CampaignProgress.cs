using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>Tells how the runs of a campaign get on while they do.</summary>
internal sealed partial class CampaignProgress : IDisposable
{
    private readonly ConcurrentDictionary<string, RunFolder> _running = [];
    private readonly ConcurrentDictionary<string, string> _warnings = [];
    private readonly TextWriter _output;
    private readonly int _runs, _steps;
    private readonly Timer _timer;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _ended;

    /// <param name="output">Told.</param>
    /// <param name="runs">How many there are to do.</param>
    /// <param name="steps">Steps of each.</param>
    /// <param name="every">How often their steps are told.</param>
    public CampaignProgress(TextWriter output, int runs, int steps, TimeSpan every)
    {
        (_output, _runs, _steps) = (output, runs, steps);
        _timer = new Timer(_ => TellSteps(), state: null, every, every);
    }

    /// <summary>What is the same of warnings that differ in their numbers.</summary>
    public static string Kind(string warning) => Number().Replace(warning, "0");

    public void Begin(RunFolder run) => _running[run.Name] = run;

    /// <summary>A run is over.</summary>
    /// <returns>The time that is left, as far as those that have ended tell; empty behind the last.</returns>
    public string End(RunFolder run)
    {
        _running.TryRemove(run.Name, out _);
        int ended = Interlocked.Increment(ref _ended);
        TimeSpan left = Stopwatch.GetElapsedTime(_started) / ended * (_runs - ended);
        return ended == _runs ? "" : string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling(left.TotalMinutes)} min left");
    }

    /// <summary>Tells the first warning of a kind; the report counts them.</summary>
    /// <param name="warning">The warning.</param>
    /// <param name="logFile">Where it is.</param>
    public void Warn(string warning, string logFile)
    {
        if (_warnings.TryAdd(Kind(warning), warning)) _output.WriteLine($"Warning, see {logFile}: {warning}");
    }

    public void Dispose() => _timer.Dispose();

    private void TellSteps()
    {
        foreach (RunFolder run in _running.Values.OrderBy(run => run.Name))
        {
            try
            {
                if (!File.Exists(run.MetricsFile) || TrainingCurve.Read(run.Name, run.MetricsFile) is not [{ } reward]) continue;
                _output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{DateTime.Now:HH:mm:ss}  {run.Name}: step {reward.Steps[^1]} of {_steps}, reward {reward.Values[^1]:F3}"));
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                // The run says for itself what is wrong with its files.
            }
        }
    }

    [GeneratedRegex(@"\d+([.,]\d+)*")]
    private static partial Regex Number();
}
