using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

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
        SharedOptions.RequireDevice("device", config.Device);
        using RunFolder folder = RunFolder.Open(config.Output!, resume);
        folder.RequireSameTask(config);
        var context = new MLContext();
        // Before the model, which takes longer.
        (TrainingRows rows, TrainingRows? evaluation) = config.Load(context);
        using CausalLanguageModel model = SharedOptions.Load(config.Model!, config.Adapter, config.DataType, config.Device);
        // A run that goes on keeps its configuration until the trainer has agreed to the new one.
        bool isNew = !folder.HoldsRun;
        if (isNew) folder.Write(config);
        (PolicyTransformer trained, TrainingView view) = Train(
            context, model, rows, evaluation, folder, started: () => { if (!isNew) folder.Write(config); }, cancellation);
        using (trained)
        {
            trained.Model.SavePretrained(folder.Policy);
            SaveZip(context, trained, rows, folder);
            // Of a run that was done already this process has seen no step.
            RunCourse course = view.Last is null ? folder.Reached() : view.Course;
            int total = view.Last?.TotalSteps ?? config.Steps(rows.Titles.Count);
            bool stopped = cancellation.IsCancellationRequested && course.Step < total,
                early = !stopped && course.Step < total && config.Training.EarlyStoppingPatience is not null;
            Tell(course, total, stopped, early);
            bool isReported = Report(context, folder, course, model, trained.Model, evaluation ?? rows, stopped, cancellation);
            streams.Output.WriteLine(JsonText.Line(new JsonObject
            {
                ["stopped"] = stopped,
                ["ended"] = stopped ? "cancelled" : early ? "early_stopping" : "complete",
                ["steps"] = course.Step,
                ["total_steps"] = total,
                ["best_step"] = course.Best?.Step,
                ["policy"] = folder.Policy,
                ["model"] = folder.Model,
                ["report"] = isReported ? folder.Report : null,
            }));
            return stopped || !isReported ? CommandLine.Cancelled : CommandLine.Success;
        }
    }

    private static void SaveZip(MLContext context, PolicyTransformer trained, TrainingRows rows, RunFolder folder)
    {
        try
        {
            context.Model.SaveAtomically(trained, rows.View.Schema, folder.Model);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"'{folder.Model}' could not be written: {exception.Message.TrimEnd('.')}. The policy is complete in '{folder.Policy}'. Make room, and run the same with --resume for the rest.",
                exception);
        }
    }

    /// <summary>Tells how it ended, and whose policy was saved.</summary>
    private void Tell(RunCourse course, int total, bool stopped, bool early)
    {
        RunCourse.Evaluated? kept = config.Training.KeepBest ? course.Best : null;
        if (stopped)
        {
            streams.Errors.WriteLine(kept is null
                ? "Stopped: the policy is saved, and --resume goes on."
                : $"Stopped: the policy is saved (it is {Whose(kept)}), and --resume goes on.");
            return;
        }
        if (early && course.Best is { } best)
            streams.Errors.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Ended early after step {course.Step} of {total}: no evaluation was better than the one {(best.Step == 0 ? "before the first" : $"after step {best.Step}")}. With a higher options.early_stopping_patience ({config.Training.EarlyStoppingPatience}) --resume goes on."));
        if (kept is not null) streams.Errors.WriteLine($"The policy is {Whose(kept)}, whose evaluation was the best.");
    }

    private static string Whose(RunCourse.Evaluated kept) =>
        kept.Step == 0 ? "the model that training began with" : string.Create(CultureInfo.InvariantCulture, $"that of step {kept.Step}");

    private (PolicyTransformer Trained, TrainingView View) Train(
        MLContext context, CausalLanguageModel model, TrainingRows rows, TrainingRows? evaluation,
        RunFolder folder, Action started, CancellationToken cancellation) =>
        TrainingView.Show(streams, folder, every, started, view =>
        {
            context.Log += (_, entry) =>
            {
                if (entry.Kind == ChannelMessageKind.Warning) view.Warn(ConfigWording.Of(config, entry.RawMessage));
            };
            using CancellationTokenRegistration stopping = cancellation.IsCancellationRequested ? default : cancellation.Register(view.Stop);
            PolicyTransformer trained = config.Fit(context, model, rows.View, evaluation?.View, new RunSettings(folder.Location, resume, view, cancellation));
            return (trained, view);
        });

    /// <returns>Whether there is a report: it can be cancelled, too.</returns>
    private bool Report(
        MLContext context, RunFolder folder, RunCourse course, CausalLanguageModel before, CausalLanguageModel after,
        TrainingRows rows, bool stopped, CancellationToken cancellation)
    {
        try
        {
            // Whoever stops a run wants it to end; curves cost nothing.
            TrainingReport.Write(
                folder, config, course, before, after,
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
