using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>What makes a run that run: what has to be the same where it goes on, if it is to end with the same bits.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Model">The fingerprint of the model that it began with.</param>
/// <param name="Data">The fingerprint of its rows.</param>
/// <param name="Validation">The fingerprint of its validation rows, by which the best policy is chosen; null where nothing is evaluated.</param>
/// <param name="Options">Its options.</param>
/// <param name="Started">When it began, which its prompts may tell; null where an earlier version wrote it.</param>
internal sealed record RunIdentity(string Trainer, string Model, string Data, string? Validation, JsonObject Options, DateTimeOffset? Started = null)
{
    // What may change: where the run is written and how often, when it ends early, how much is sampled or kept at once, and what has not happened in the steps
    // that are done.
    private static readonly HashSet<string> Free =
    [
        nameof(TrainingOptions.OutputFolder), nameof(TrainingOptions.CheckpointEvery), nameof(TrainingOptions.CheckpointLimit), nameof(TrainingOptions.Resume),
        nameof(TrainingOptions.EarlyStoppingPatience), nameof(PolicyOptimizationOptions.LogSamplesEvery), nameof(PolicyOptimizationOptions.SamplingBatchSize),
        nameof(TrainingOptions.ActivationCheckpointing), nameof(TrainingOptions.NonFinite), nameof(PolicyOptimizationOptions.MissingReward),
        nameof(SupervisedFineTuningOptions.Generation),
    ];

    // How long it goes on is in every step's learning rate, unless that is constant.
    private static readonly HashSet<string> Length = [nameof(PolicyOptimizationOptions.Steps), nameof(SupervisedFineTuningOptions.Epochs)];

    /// <summary>Of which type <see cref="Options"/> are; null in a checkpoint.</summary>
    [JsonIgnore]
    public Type? OptionsType { get; private init; }

    /// <summary>Whether parts of a batch, whose losses add up, may be others: that changes last bits alone, as another sampling batch does, and is what memory
    /// that ran out asks for. Dropout leaves out other things in each part.</summary>
    [JsonIgnore]
    public bool HasFreeParts { get; private init; }

    /// <summary>Of a run that begins now.</summary>
    public static RunIdentity Of(TrainingPlan plan, CausalLanguageModel model, TrainingOptions options) =>
        new(
            plan.Trainer,
            model.Fingerprint,
            plan.Data(),
            options.EvaluateEvery is null ? null : plan.Validation?.Invoke(),
            (JsonObject)TrainingState.ToNode(options),
            plan.Started)
        {
            OptionsType = options.GetType(),
            HasFreeParts = options is SupervisedFineTuningOptions tuning && tuning.HasFreeParts(model),
        };

    /// <summary>When a run begins, or began where it is to go on: the time that chat templates write into its prompts, which would otherwise be others on
    /// another day.</summary>
    public static DateTimeOffset Start(TrainingOptions options)
    {
        if (options is not { OutputFolder: { } folder, Resume: true }) return DateTimeOffset.Now;
        string file = Path.Combine(folder, RunFiles.Run);
        if (!File.Exists(file)) return DateTimeOffset.Now;
        try
        {
            return Read(file).Started ?? DateTimeOffset.Now;
        }
        catch (InvalidDataException)
        {
            // A run with a checkpoint goes on without the file; to one without, the store says what is wrong with it.
            return DateTimeOffset.Now;
        }
    }

    /// <summary>What the file of a folder says which run it holds.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or another file.</exception>
    public static RunIdentity Read(string path)
    {
        string found = "it holds null.";
        try
        {
            if (JsonSerializer.Deserialize<RunIdentity>(File.ReadAllText(path), ComponentState.Format) is { } saved) return saved;
        }
        catch (JsonException exception)
        {
            found = JsonErrors.Describe(exception);
        }
        throw new InvalidDataException(
            $"'{path}' cannot be read, expected what a run says of itself: {found} Without it and a checkpoint nothing says which run this folder holds: give OutputFolder another folder.");
    }

    /// <summary>Requires that what was saved is this run's.</summary>
    /// <param name="saved">The run that wrote it.</param>
    /// <param name="problem">What to say where it is another's.</param>
    /// <exception cref="InvalidOperationException">It is another's; the message names all that differs.</exception>
    public void Require(RunIdentity saved, string problem)
    {
        var differences = new List<string>();
        bool isConstant = Options[nameof(TrainingOptions.Schedule)]?.ToString() == nameof(LearningRateSchedule.Constant);
        Compare("the trainer", saved.Trainer, Trainer);
        Compare("the model that training began with (its fingerprint)", saved.Model, Model);
        Compare("the data (its fingerprint)", saved.Data, Data);
        Compare("the validation data (its fingerprint)", saved.Validation, Validation);
        Collect(saved.Options, Options, "", OptionsType);
        if (differences.Count > 0)
            throw new InvalidOperationException(
                $"{problem}: {string.Join("; ", differences)}. Use the same model, data and options, or begin anew in another OutputFolder.");

        bool IsFree(string name) => Free.Contains(name)
            || (isConstant && Length.Contains(name))
            || (HasFreeParts && name == nameof(SupervisedFineTuningOptions.GradientAccumulationSteps));

        void Compare(string what, string? before, string? now)
        {
            if (before != now) differences.Add($"{what} was {before ?? "not there"}, and is {now ?? "not there"}");
        }

        void Collect(JsonObject before, JsonObject now, string prefix, Type? type)
        {
            // Options that the version which wrote the checkpoint did not have yet were as they are by default.
            JsonObject defaults = type?.GetConstructor(Type.EmptyTypes) is null ? [] : (JsonObject)TrainingState.ToNode(Activator.CreateInstance(type)!);
            foreach (string name in before.Select(entry => entry.Key).Union(now.Select(entry => entry.Key)))
            {
                if (prefix.Length == 0 && IsFree(name)) continue;
                (JsonNode? old, JsonNode? current) = (before.ContainsKey(name) ? before[name] : defaults[name], now[name]);
                if (old is JsonObject inner && current is JsonObject other) Collect(inner, other, $"{prefix}{name}.", type?.GetProperty(name)?.PropertyType);
                else if (!JsonNode.DeepEquals(old, current)) Compare(prefix + name, old?.ToJsonString() ?? "null", current?.ToJsonString() ?? "null");
            }
        }
    }
}
