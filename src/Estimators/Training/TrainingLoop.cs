using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>What all trainers do around their steps: work on a copy, evaluate, write checkpoints and go on from them, tell how it goes, stop when asked to, leave nothing behind when a step fails.</summary>
internal sealed class TrainingLoop
{
    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly TrainingOptions _options;
    private readonly TrainingPlan _plan;
    private readonly CheckpointStore? _checkpoints;
    private readonly BestPolicy _best;
    private readonly LearningPolicy _policy;
    private readonly ITrainingRun _run;

    private TrainingLoop(IHost host, IChannel channel, TrainingOptions options, TrainingPlan plan, CheckpointStore? checkpoints, BestPolicy best, LearningPolicy policy, ITrainingRun run) =>
        (_host, _channel, _options, _plan, _checkpoints, _best, _policy, _run) = (host, channel, options, plan, checkpoints, best, policy, run);

    private bool IsCancelled => _options.CancellationToken.IsCancellationRequested || MLNetInternals.IsCanceled(_host);

    /// <summary>Trains a copy of a model.</summary>
    /// <param name="host">For the log and cancellation.</param>
    /// <param name="model">The start; it is not changed.</param>
    /// <param name="options">Optimizer, checkpoints, progress, cancellation.</param>
    /// <param name="plan">What is trained for how long.</param>
    /// <param name="open">Makes what does the steps, given the policy and what writes warnings.</param>
    /// <returns>The trained model; where training was cancelled, as its last complete step left it.</returns>
    public static CausalLanguageModel Run(IHost host, CausalLanguageModel model, TrainingOptions options, TrainingPlan plan, Func<LearningPolicy, Action<string>, ITrainingRun> open)
    {
        if (options.EvaluateEvery is { } every && plan.Validation is null)
            throw host.Process(new InvalidOperationException($"EvaluateEvery is {every}, and Fit was given no validation rows: call Fit(rows, validationRows), or set EvaluateEvery to null."));
        using IChannel channel = host.Start("Training");
        using OutputFolder? folder = options.OutputFolder is { } path ? OutputFolder.Open(path, options.Resume) : null;
        CheckpointStore? checkpoints = folder is null ? null : new CheckpointStore(folder, RunIdentity.Of(plan, model, options), options.CheckpointLimit);
        using var best = new BestPolicy(options, plan.HigherIsBetter);
        var policy = new LearningPolicy(model, options, plan.Steps * plan.UpdatesPerStep);
        try
        {
            new TrainingLoop(host, channel, options, plan, checkpoints, best, policy, open(policy, text => channel.Warning(MessageSensitivity.None, "{0}", text))).Run();
            return policy.Finish();
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    private void Run()
    {
        int first = _checkpoints?.Restore(_policy, _best, _run) ?? 0, step = first, saved = first;
        using RunJournal? journal = _checkpoints is null ? null : new RunJournal(_checkpoints.Location, first);
        if (first > 0) _channel.Info(MessageSensitivity.None, "Going on after step {0} of {1}.", first, _plan.Steps);
        long started = Stopwatch.GetTimestamp();
        for (; step < _plan.Steps && !_best.EndsTraining; step++)
        {
            int updates = _policy.Updates;
            IReadOnlyDictionary<string, double>? metrics;
            try
            {
                metrics = TryRun(step);
            }
            catch when (_policy.Updates == updates && saved < step)
            {
                // A reward that fails, for example: the policy is still as the last complete step left it.
                Save(step);
                throw;
            }
            if (metrics is null)
            {
                _channel.Warning(MessageSensitivity.None, "Cancelled after {0} of {1} steps: the policy is as the last of them left it.", step, _plan.Steps);
                break;
            }
            if (_options.EvaluateEvery is { } every && ((step + 1) % every == 0 || step + 1 == _plan.Steps)) metrics = Evaluate(step + 1, metrics);
            // Told last: whoever hears of a step finds its files.
            Guard("what step {0} measured", step + 1, () => journal?.Write(step + 1, metrics, _run.Samples));
            if ((step + 1) % _options.CheckpointEvery == 0 && Save(step + 1)) saved = step + 1;
            Tell(step + 1, first, started, metrics);
        }
        if (saved < step) Save(step);
        if (step < _plan.Steps && _best.EndsTraining)
            _channel.Info(MessageSensitivity.None, "Ended early: {0} evaluations brought nothing better than {1} {2:G4} after step {3}.", _best.State.SinceBest, _plan.Goal, _best.State.BestValue!, _best.State.BestStep!);
        if (_best.Weights is { } weights) _policy.Restore(weights);
    }

    /// <summary>What a step measured; null where it was cancelled.</summary>
    private IReadOnlyDictionary<string, double>? TryRun(int step)
    {
        if (IsCancelled) return null;
        try
        {
            return _run.Run(step);
        }
        catch (OperationCanceledException) when (IsCancelled)
        {
            return null;
        }
        catch (Exception exception) when (IsOutOfMemory(exception))
        {
            throw _host.Process(new InsufficientMemoryException($"Step {step + 1}: memory ran out ({exception.Message.Split('\n')[0]}). {_plan.MemoryAdvice}", exception));
        }
    }

    private Dictionary<string, double> Evaluate(int step, IReadOnlyDictionary<string, double> metrics)
    {
        var all = new Dictionary<string, double>(metrics);
        foreach ((string name, double value) in _run.Evaluate()) all[name] = value;
        _best.Offer(step, all[_plan.Goal], _policy);
        return all;
    }

    private void Tell(int step, int first, long started, IReadOnlyDictionary<string, double> metrics)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        _channel.Info(MessageSensitivity.None, "Step {0}/{1}: {2}", step, _plan.Steps, string.Join(", ", _plan.Logged.Append(_plan.Goal).Where(metrics.ContainsKey)
            .Select(name => string.Create(CultureInfo.InvariantCulture, $"{name} {metrics[name]:G4}"))));
        foreach (LoggedSample sample in _run.Samples) _channel.Info(MessageSensitivity.UserData, "Reward {0:G4}, advantage {1:G4}: {2} {3}", sample.Reward, sample.Advantage, sample.Prompt, sample.Response);
        _options.Progress?.Report(new TrainingProgress(step, _plan.Steps, elapsed, elapsed / (step - first) * (_plan.Steps - step), metrics));
    }

    /// <returns>Whether there is a checkpoint now.</returns>
    private bool Save(int step) => Guard("the checkpoint after step {0}", step, () => _checkpoints?.Save(step, _policy, _best, _run.State));

    /// <summary>A file that cannot be written costs little, or the steps since the last checkpoint if the process dies; ending the training would cost them for certain.</summary>
    private bool Guard(string what, int step, Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _channel.Warning(MessageSensitivity.None, $"Training goes on although {what} could not be written: {{1}}", step, exception.Message);
            return false;
        }
    }

    private static bool IsOutOfMemory(Exception exception) => exception is OutOfMemoryException
        || (exception is ExternalException && (exception.Message.Contains("can't allocate memory", StringComparison.Ordinal) || exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)));
}
