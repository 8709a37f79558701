using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Cli;

/// <summary>One run: model and rows in; policy, metrics and report out.</summary>
/// <param name="config">What to train how; checked.</param>
/// <param name="resume">Whether the folder may hold a run, which is then continued.</param>
/// <param name="every">How many steps there are from line to line where nobody watches.</param>
/// <param name="streams">Where people read, and where the result goes.</param>
internal sealed class TrainingRun(TrainConfig config, bool resume, int every, Streams streams)
{
    /// <summary>Trains, and saves what came of it.</summary>
    /// <param name="cancellation">Ends training early; the policy is saved as the last complete step left it.</param>
    /// <returns>What the command exits with.</returns>
    public int Run(CancellationToken cancellation)
    {
        using RunFolder folder = RunFolder.Open(config.Output!, resume);
        folder.RequireSameTask(config);
        var context = new MLContext();
        // Before the model, which takes longer.
        (TrainingRows rows, TrainingRows? evaluation) = config.Load(context);
        using CausalLanguageModel model = SharedOptions.Load(
            config.Model!, config.Adapter, config.DataType == WeightType.Bfloat16 ? ScalarType.BFloat16 : ScalarType.Float32, config.Device);
        // A run that goes on keeps its configuration until the trainer has agreed to the new one.
        bool isNew = !folder.HoldsRun;
        if (isNew) folder.Write(config);
        (PolicyTransformer trained, TrainingView view) = Train(
            context, model, rows, evaluation, folder, started: () => { if (!isNew) folder.Write(config); }, cancellation);
        using (trained)
        {
            trained.Model.SavePretrained(folder.Policy);
            context.Model.SaveAtomically(trained, rows.View.Schema, folder.Model);
            // Of a run that was done already this process has seen no step.
            (int steps, int? bestStep) = folder.Reached();
            (steps, bestStep) = (view.Last?.Step ?? steps, view.BestStep ?? bestStep);
            bool whole = view.Last is { } last && last.Step == last.TotalSteps, stopped = cancellation.IsCancellationRequested && !whole;
            if (!stopped && !whole && view.Last is { } early && bestStep is { } best)
                streams.Errors.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Ended early after step {early.Step} of {early.TotalSteps}: no evaluation was better than the one {When(best)}."));
            if (config.Training.KeepBest && bestStep is { } kept)
                streams.Errors.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The policy is {(kept == 0 ? "the model that training began with" : $"that of step {kept}")}, whose evaluation was the best."));
            if (stopped) streams.Errors.WriteLine("Stopped: the policy is saved, and --resume goes on.");
            bool isReported = Report(context, folder, model, trained.Model, evaluation ?? rows, stopped, cancellation);
            streams.Output.WriteLine(JsonText.Line(new JsonObject
            {
                ["stopped"] = stopped,
                ["steps"] = steps,
                ["best_step"] = bestStep,
                ["policy"] = folder.Policy,
                ["model"] = folder.Model,
                ["report"] = isReported ? folder.Report : null,
            }));
            return stopped || !isReported ? CommandLine.Cancelled : CommandLine.Success;
        }
    }

    private static string When(int step) => step == 0 ? "before the first" : string.Create(CultureInfo.InvariantCulture, $"after step {step}");

    private (PolicyTransformer Trained, TrainingView View) Train(
        MLContext context, CausalLanguageModel model, TrainingRows rows, TrainingRows? evaluation,
        RunFolder folder, Action started, CancellationToken cancellation) =>
        TrainingView.Show(streams, folder, every, started, view =>
        {
            context.Log += (_, entry) =>
            {
                if (entry.Kind == ChannelMessageKind.Warning) view.Warn(ConfigWording.Of(config, entry.RawMessage));
            };
            PolicyTransformer trained = config.Fit(context, model, rows.View, evaluation?.View, new RunSettings(folder.Location, resume, view, cancellation));
            return (trained, view);
        });

    /// <returns>Whether there is a report: it can be cancelled, too.</returns>
    private bool Report(
        MLContext context, RunFolder folder, CausalLanguageModel before, CausalLanguageModel after,
        TrainingRows rows, bool stopped, CancellationToken cancellation)
    {
        try
        {
            // Whoever stops a run wants it to end; curves cost nothing.
            TrainingReport.Write(
                folder, config, before, after,
                stopped ? [] : rows.First(config.Report.Prompts, before),
                (row, model, response) => config.RewardOf(context, rows, row, model, response),
                stopped ? CancellationToken.None : cancellation);
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            streams.Errors.WriteLine("Stopped: the policy is saved, and there is no report.");
            return false;
        }
    }
}
