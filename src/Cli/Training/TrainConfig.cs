using System.Text.Json.Serialization;
using Microsoft.ML;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>What a configuration of <c>train</c> says, whatever is trained how. Names in JSON are these in snake_case.</summary>
internal abstract record TrainConfig
{
    /// <summary>How it is trained. Default policy_optimization.</summary>
    [JsonPropertyOrder(-9)]
    public abstract TrainMethod Method { get; init; }

    /// <summary>Folder of the model to start from.</summary>
    [JsonPropertyOrder(-8)]
    public string? Model { get; init; }

    /// <summary>Folder of a LoRA adapter on it, which training goes on with; null = none.</summary>
    [JsonPropertyOrder(-8)]
    public string? Adapter { get; init; }

    /// <summary>Type of its weights. Default float32.</summary>
    [JsonPropertyName("dtype")]
    [JsonPropertyOrder(-7)]
    public WeightType DataType { get; init; } = WeightType.Float32;

    /// <summary>Where it computes: cpu, cuda, or cuda:1 and so on. Default cpu.</summary>
    [JsonPropertyOrder(-6)]
    public string Device { get; init; } = "cpu";

    /// <summary>The run's folder.</summary>
    [JsonPropertyOrder(-5)]
    public string? Output { get; init; }

    /// <summary>What the report shows.</summary>
    [JsonPropertyOrder(1)]
    public ReportConfig Report { get; init; } = new();

    /// <summary>The trainer's options.</summary>
    internal abstract TrainingOptions Training { get; }

    /// <summary>How many steps there are in all.</summary>
    /// <param name="rows">How many rows there are to learn from.</param>
    internal abstract int Steps(int rows);

    /// <summary>Whether there are rows to evaluate on.</summary>
    internal abstract bool HasEvaluation { get; }

    /// <summary>How prompts are answered in the report: one greedy response each.</summary>
    internal abstract GenerationOptions Answers { get; }

    /// <summary>What the report's responses are measured and credited with.</summary>
    internal abstract (RhythmOptions Rhythm, CreditOptions Credit) Analysis { get; }

    /// <summary>The reward of a response in the report; null = responses have none here, NaN = this one has none.</summary>
    /// <param name="context">ML.NET's.</param>
    /// <param name="rows">The rows that it is of.</param>
    /// <param name="row">Which of them it answers.</param>
    /// <param name="model">The model that wrote it.</param>
    /// <param name="response">Its token ids.</param>
    internal virtual float? RewardOf(MLContext context, TrainingRows rows, int row, CausalLanguageModel model, int[] response) => null;

    /// <summary>Loads the rows to learn from, and those to evaluate on if there are any.</summary>
    public abstract (TrainingRows Rows, TrainingRows? Evaluation) Load(MLContext context);

    /// <summary>Trains.</summary>
    /// <param name="context">ML.NET's.</param>
    /// <param name="model">The start.</param>
    /// <param name="rows">Rows to learn from.</param>
    /// <param name="evaluation">Rows to evaluate on; null = none.</param>
    /// <param name="run">What the trainer's options are, besides, in this run.</param>
    public abstract PolicyTransformer Fit(MLContext context, CausalLanguageModel model, IDataView rows, IDataView? evaluation, RunSettings run);
}

/// <summary>What the command decides of a trainer's options.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Resume">Whether it may hold a run, which is then continued.</param>
/// <param name="Progress">Told after every step.</param>
/// <param name="CancellationToken">Ends the training.</param>
internal sealed record RunSettings(string Folder, bool Resume, IProgress<TrainingProgress> Progress, CancellationToken CancellationToken)
{
    /// <summary>A trainer's options with these.</summary>
    public TOptions Of<TOptions>(TOptions options) where TOptions : TrainingOptions => (TOptions)((TrainingOptions)options with
    {
        OutputFolder = Folder,
        Resume = Resume,
        Progress = Progress,
        CancellationToken = CancellationToken,
    });
}

/// <summary>How a model is trained.</summary>
internal enum TrainMethod
{
    /// <summary>Reinforcement learning.</summary>
    PolicyOptimization,

    /// <summary>Supervised fine-tuning.</summary>
    Sft,
}

/// <summary>Types of weights.</summary>
internal enum WeightType
{
    Float32,
    Bfloat16,
}

/// <summary>What a policy learns to do.</summary>
internal enum TrainTask
{
    Countdown,
    Math,
}

/// <summary>What the report shows beside training curves.</summary>
internal sealed record ReportConfig
{
    /// <summary>How many prompts are answered by the untrained and the trained policy; 0 = none. Default 4.</summary>
    public int Prompts { get; init; } = 4;
}
