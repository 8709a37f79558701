using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>What all trainers do around their steps: work on a copy, evaluate, write checkpoints and go on from them, tell how it goes, stop when asked to,
/// leave nothing behind when a step fails.</summary>
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
    private readonly RunCancellation _cancellation;
    private RunJournal? _journal;

    // Complete steps, and the policy's updates after them.
    private int _done, _updates;

    // Whether they, or the evaluation after them, are in no checkpoint yet.
    private bool _unsaved;

    // What the last step measured, while the evaluation after it is still to be made; nothing before the first step.
    private IReadOnlyDictionary<string, double>? _unevaluated;

    private TrainingLoop(
        IHost host, IChannel channel, TrainingOptions options, TrainingPlan plan,
        CheckpointStore? checkpoints, BestPolicy best, LearningPolicy policy, ITrainingRun run)
    {
        (_host, _channel, _options, _plan, _checkpoints, _best, _policy, _run) = (host, channel, options, plan, checkpoints, best, policy, run);
        _cancellation = new RunCancellation(host, options.CancellationToken);
    }

    /// <summary>Trains a copy of a model.</summary>
    /// <param name="host">For the log and cancellation.</param>
    /// <param name="model">The start; it is not changed.</param>
    /// <param name="options">Optimizer, checkpoints, progress, cancellation.</param>
    /// <param name="plan">What is trained for how long.</param>
    /// <param name="open">Makes what does the steps, given the policy and what writes warnings.</param>
    /// <returns>The trained model; where training was cancelled, as its last complete step left it.</returns>
    public static CausalLanguageModel Run(
        IHost host, CausalLanguageModel model, TrainingOptions options, TrainingPlan plan,
        Func<LearningPolicy, Action<string>, ITrainingRun> open)
    {
        if (options.EvaluateEvery is { } every && plan.Validation is null)
            throw host.Process(new InvalidOperationException(
                $"EvaluateEvery is {every}, and Fit was given no validation rows: call Fit(rows, validationRows), or set EvaluateEvery to null."));
        if (options.EvaluateEvery is null && plan.Validation is not null)
            throw host.Process(new InvalidOperationException(
                "Fit was given validation rows, and EvaluateEvery is null: set it to the steps between two evaluations, or call Fit(rows)."));
        using IChannel channel = host.Start("Training");
        using OutputFolder? folder = options.OutputFolder is { } path ? OutputFolder.Open(path, options.Resume) : null;
        CheckpointStore? checkpoints = folder is null
            ? null
            : new CheckpointStore(folder, RunIdentity.Of(plan, model, options), ComputePlatform.Of(model), options.CheckpointLimit);
        using var best = new BestPolicy(options, plan.HigherIsBetter);
        LearningPolicy policy = MemoryAdvice.Given(
            host,
            "Before the first step",
            "Training keeps a copy of what it changes, its gradient and two averages of it: train an adapter (Lora), which is small and shares the weights, or a smaller model.",
            () => new LearningPolicy(model, options, plan.Steps * plan.UpdatesPerStep));
        try
        {
            new TrainingLoop(
                host, channel, options, plan, checkpoints, best, policy,
                open(policy, text => channel.Warning(MessageSensitivity.None, "{0}", text)))
                .Run();
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
        string? caution = null;
        CheckpointStore.Point from = _checkpoints?.Restore(_policy, _best, _run, text => caution = text) ?? CheckpointStore.Point.Start;
        if (from.Step > _plan.Steps)
            throw _host.Process(new InvalidOperationException(
                $"The run in '{_checkpoints!.Location}' is {from.Step} steps long already, and Steps is {_plan.Steps}. Set Steps to {from.Step} or more, or give OutputFolder another folder."));
        (_done, _updates, _unevaluated) = (from.Step, _policy.Updates, from.Unevaluated);
        // Metrics of a step wait for the evaluation after it; what was measured before the first step is measured again.
        bool measured = from.Step > 0 && from.Unevaluated is null;
        _journal = _checkpoints is null ? null : new RunJournal(_checkpoints.Location, from.Step, measured ? from.Step : from.Step - 1);
        if (from.Step == 0 && _options.EvaluateAtStart) _unevaluated = new Dictionary<string, double>();
        if (from.Step > 0) _channel.Info(MessageSensitivity.None, "Going on after step {0} of {1}.", from.Step, _plan.Steps);
        if (caution is not null && from.Step < _plan.Steps) _channel.Warning(MessageSensitivity.None, "{0}", caution);
        try
        {
            long started = Stopwatch.GetTimestamp();
            TimeSpan before = TimeSpan.Zero;
            while (_unevaluated is not null || (_done < _plan.Steps && !_best.EndsTraining))
            {
                if (Measure() is not { } metrics)
                {
                    _channel.Warning(
                        MessageSensitivity.None,
                        $"Cancelled after {{0}} of {{1}} steps: the policy is {(_best.Weights is not null ? "the best that was evaluated" : _done == 0 ? "the model that was handed over" : "as the last of them left it")}.",
                        _done,
                        _plan.Steps);
                    break;
                }
                // Told last: whoever hears of a step finds its files.
                Guard("What step {0} measured", () => _journal?.Write(_done, metrics));
                if (_unsaved && _done % _options.CheckpointEvery == 0) Save();
                TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
                if (_done == from.Step) before = elapsed;
                Tell(metrics, elapsed, _done == from.Step ? null : Remaining((elapsed - before) / (_done - from.Step), _plan.Steps - _done));
            }
            if (_unsaved) Save();
        }
        catch when (_policy.Updates == _updates && _unsaved)
        {
            // A reward that fails, for example: the policy is still as the last complete step left it.
            Save(afterFailure: true);
            throw;
        }
        finally
        {
            _journal?.Dispose();
        }
        if (_done < _plan.Steps && _best.EndsTraining)
            _channel.Info(
                MessageSensitivity.None,
                "Ended early: {0} evaluations brought nothing better than {1} {2} after step {3}.",
                _best.State.SinceBest,
                _plan.Goal,
                Number(_best.State.BestValue ?? double.NaN),
                _best.State.BestStep ?? 0);
        if (_best.Weights is { } weights) _policy.Restore(weights);
    }

    /// <summary>Does the next step, and the evaluation after it where one is due.</summary>
    /// <returns>What was measured; null where it was cancelled.</returns>
    private IReadOnlyDictionary<string, double>? Measure()
    {
        IReadOnlyDictionary<string, double>? metrics = _unevaluated;
        if (metrics is null)
        {
            metrics = Try($"Step {_done + 1}", _plan.MemoryAdvice, () => _run.Run(_done));
            if (metrics is null) return null;
            (_done, _updates, _unsaved) = (_done + 1, _policy.Updates, true);
            Guard("The samples of step {0}", () => _journal?.Write(_done, _run.Samples));
            if (_options.EvaluateEvery is not { } every || (_done % every != 0 && _done != _plan.Steps)) return metrics;
        }
        // A checkpoint that is written while this stands begins with the evaluation.
        _unevaluated = metrics;
        string advice = _options.KeepBest ? $"{_plan.EvaluationMemoryAdvice} KeepBest holds one more copy of what is trained." : _plan.EvaluationMemoryAdvice;
        IReadOnlyDictionary<string, double>? evaluation = Try(
            _done == 0 ? "The evaluation before the first step" : $"The evaluation after step {_done}", advice, Evaluate);
        if (evaluation is null) return null;
        // What the last checkpoint holds may be this step without its evaluation. Before the first step there is nothing to hold.
        (_unevaluated, _unsaved) = (null, _done > 0);
        return metrics.Concat(evaluation).ToDictionary();

        IReadOnlyDictionary<string, double> Evaluate()
        {
            IReadOnlyDictionary<string, double> measured = _run.Evaluate();
            _best.Offer(_done, measured[_plan.Goal], _policy);
            return measured.Append(KeyValuePair.Create(BestPolicy.StepMetric, _best.State.BestStep ?? double.NaN)).ToDictionary();
        }
    }

    /// <summary>What some work measured; null where it was cancelled.</summary>
    private IReadOnlyDictionary<string, double>? Try(string what, string memoryAdvice, Func<IReadOnlyDictionary<string, double>> work)
    {
        if (_cancellation.IsRequested) return null;
        try
        {
            return MemoryAdvice.Given(_host, what, memoryAdvice, work);
        }
        catch (OperationCanceledException) when (_cancellation.IsRequested)
        {
            return null;
        }
    }

    /// <summary>Null beyond what a TimeSpan can say, as in a run that is to end early.</summary>
    private static TimeSpan? Remaining(TimeSpan step, int steps) => step.TotalSeconds * steps < TimeSpan.MaxValue.TotalSeconds ? step * steps : null;

    private void Tell(IReadOnlyDictionary<string, double> metrics, TimeSpan elapsed, TimeSpan? remaining)
    {
        _channel.Info(
            MessageSensitivity.None,
            "Step {0}/{1}: {2}",
            _done,
            _plan.Steps,
            string.Join(", ", StepMetrics.Shown.Where(metrics.ContainsKey).Select(name => $"{name} {Number(metrics[name])}")));
        foreach (LoggedSample sample in _run.Samples)
            _channel.Info(
                MessageSensitivity.UserData,
                "Reward {0}, advantage {1}: {2} {3}",
                Number(sample.Reward),
                Number(sample.Advantage),
                sample.Prompt,
                sample.Response);
        _options.Progress?.Report(new TrainingProgress(_done, _plan.Steps, elapsed, remaining, metrics));
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    /// <param name="afterFailure">Whether training ends with an error, which nothing that fails here must hide.</param>
    private void Save(bool afterFailure = false)
    {
        // First: a checkpoint that outlives the power must not be after steps that the files know nothing of.
        Guard("What was measured until step {0}", () => _journal?.Flush(), whatever: afterFailure);
        Guard("The checkpoint after step {0}", () =>
        {
            _checkpoints?.Save(new(_done, _unevaluated), _policy, _best, _run.State);
            _unsaved = false;
        }, whatever: afterFailure);
    }

    /// <summary>A file that cannot be written costs little, or the steps since the last checkpoint if the process dies; ending the training would cost them for
    /// certain.</summary>
    /// <param name="what">What is written.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="whatever">Whether not only files may fail.</param>
    private void Guard(string what, Action write, bool whatever = false)
    {
        try
        {
            write();
        }
        // An argument out of range is what .NET says of a file that is larger than the file system, or a limit, allows.
        catch (Exception exception) when (whatever || exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            _channel.Warning(MessageSensitivity.None, $"{what} could not be written: {{1}}", _done, exception.Message);
        }
    }
}
