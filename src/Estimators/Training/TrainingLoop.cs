using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>What all trainers do around their steps: work on a copy, tell how it goes, stop when asked to, leave nothing behind when a step fails.</summary>
internal static class TrainingLoop
{
    /// <summary>Trains a copy of a model.</summary>
    /// <param name="host">For the log and cancellation.</param>
    /// <param name="model">The start; it is not changed.</param>
    /// <param name="options">Optimizer, progress, cancellation.</param>
    /// <param name="steps">How many steps.</param>
    /// <param name="updatesPerStep">Updates of each, for the learning rate's schedule.</param>
    /// <param name="logged">The metrics that ML.NET's log gets.</param>
    /// <param name="open">Makes the function that does a step, given its number from 0, and returns its metrics.</param>
    /// <returns>The trained model; where training was cancelled, as its last update left it.</returns>
    public static CausalLanguageModel Run(
        IHost host, CausalLanguageModel model, TrainingOptions options, int steps, int updatesPerStep, IReadOnlyList<string> logged,
        Func<LearningPolicy, Func<int, IReadOnlyDictionary<string, double>>> open)
    {
        using IChannel channel = host.Start("Training");
        long started = Stopwatch.GetTimestamp();
        var policy = new LearningPolicy(model, options, steps * updatesPerStep);
        try
        {
            Func<int, IReadOnlyDictionary<string, double>> runStep = open(policy);
            for (int step = 0; step < steps; step++)
            {
                if (!TryRun(runStep, step, host, options.CancellationToken, out IReadOnlyDictionary<string, double> metrics))
                {
                    channel.Warning(MessageSensitivity.None, "Cancelled after {0} of {1} steps: the policy is as its last update left it.", step, steps);
                    break;
                }
                TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
                channel.Info(MessageSensitivity.None, "Step {0}/{1}: {2}", step + 1, steps, Describe(metrics, logged));
                options.Progress?.Report(new TrainingProgress(step + 1, steps, elapsed, elapsed / (step + 1) * (steps - step - 1), metrics));
            }
            return policy.Finish();
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    private static bool TryRun(
        Func<int, IReadOnlyDictionary<string, double>> runStep, int step, IHost host, CancellationToken cancellation, out IReadOnlyDictionary<string, double> metrics)
    {
        metrics = new Dictionary<string, double>();
        if (cancellation.IsCancellationRequested || MLNetInternals.IsCanceled(host)) return false;
        try
        {
            metrics = runStep(step);
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || MLNetInternals.IsCanceled(host))
        {
            return false;
        }
    }

    private static string Describe(IReadOnlyDictionary<string, double> metrics, IReadOnlyList<string> names) =>
        string.Join(", ", names.Where(metrics.ContainsKey).Select(name => string.Create(CultureInfo.InvariantCulture, $"{name} {metrics[name]:G4}")));
}
