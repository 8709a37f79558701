using System.Text.Json.Nodes;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>What makes a run that run: what has to be the same where it goes on, if it is to end with the same bits.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Model">The fingerprint of the model that it began with.</param>
/// <param name="Data">The fingerprint of its rows.</param>
/// <param name="Validation">The fingerprint of its validation rows, by which the best policy is chosen; null where nothing is evaluated.</param>
/// <param name="Options">Its options.</param>
internal sealed record RunIdentity(string Trainer, string Model, string Data, string? Validation, JsonObject Options)
{
    // What may change: where the run is written and how often, when it ends early, and how much is sampled at once.
    private static readonly HashSet<string> Free =
    [
        nameof(TrainingOptions.OutputFolder), nameof(TrainingOptions.CheckpointEvery), nameof(TrainingOptions.CheckpointLimit), nameof(TrainingOptions.Resume),
        nameof(TrainingOptions.EarlyStoppingPatience), nameof(PolicyOptimizationOptions.LogSamplesEvery), nameof(PolicyOptimizationOptions.SamplingBatchSize),
    ];

    // How long it goes on is in every step's learning rate, unless that is constant.
    private static readonly HashSet<string> Length = [nameof(PolicyOptimizationOptions.Steps), nameof(SupervisedFineTuningOptions.Epochs)];

    /// <summary>Of a run that begins now.</summary>
    public static RunIdentity Of(TrainingPlan plan, CausalLanguageModel model, TrainingOptions options) =>
        new(plan.Trainer, model.Fingerprint, plan.Data(), options.EvaluateEvery is null ? null : plan.Validation?.Invoke(), (JsonObject)JsonNode.Parse(TrainingState.ToNode(options).ToJsonString())!);

    /// <summary>Requires that a checkpoint is this run's.</summary>
    /// <param name="saved">The run that wrote it.</param>
    /// <param name="location">The checkpoint.</param>
    /// <exception cref="InvalidOperationException">It is another's; the message names all that differs.</exception>
    public void Require(RunIdentity saved, string location)
    {
        var differences = new List<string>();
        bool isConstant = Options[nameof(TrainingOptions.Schedule)]?.ToString() == nameof(LearningRateSchedule.Constant);
        Compare("the trainer", saved.Trainer, Trainer);
        Compare("the model that training began with (its fingerprint)", saved.Model, Model);
        Compare("the data (its fingerprint)", saved.Data, Data);
        Compare("the validation data (its fingerprint)", saved.Validation, Validation);
        Collect(saved.Options, Options, "");
        if (differences.Count > 0)
            throw new InvalidOperationException($"'{location}' is a checkpoint of another run: {string.Join("; ", differences)}. Use the same model, data and options, or begin anew in another OutputFolder.");

        void Compare(string what, string? before, string? now)
        {
            if (before != now) differences.Add($"{what} was {before ?? "not there"}, and is {now ?? "not there"}");
        }

        void Collect(JsonObject before, JsonObject now, string prefix)
        {
            foreach (string name in before.Select(entry => entry.Key).Union(now.Select(entry => entry.Key)))
            {
                if (prefix.Length == 0 && (Free.Contains(name) || (isConstant && Length.Contains(name)))) continue;
                (JsonNode? old, JsonNode? current) = (before[name], now[name]);
                if (old is JsonObject inner && current is JsonObject other) Collect(inner, other, $"{prefix}{name}.");
                else if (!JsonNode.DeepEquals(old, current)) Compare(prefix + name, old?.ToJsonString() ?? "null", current?.ToJsonString() ?? "null");
            }
        }
    }
}
