using System.Text.Json.Serialization;
using Microsoft.ML;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>Supervised fine-tuning.</summary>
internal sealed record SupervisedFineTuningConfig : TrainConfig
{
    [JsonPropertyOrder(-9)]
    public override TrainMethod Method { get; init; } = TrainMethod.Sft;

    /// <summary>JSON lines with prompt and response.</summary>
    [JsonPropertyOrder(-3)]
    public string? Rows { get; init; }

    /// <summary>The same, to evaluate on; null = none.</summary>
    [JsonPropertyOrder(-1)]
    public string? Evaluation { get; init; }

    /// <summary>The trainer's options.</summary>
    public SupervisedFineTuningOptions Options { get; init; } = new();

    internal override TrainingOptions Training => Options;

    internal override int Steps(int rows) => Options.Steps ?? Options.Epochs * Options.Batches(rows);

    internal override bool HasEvaluation => Evaluation is not null;

    internal override GenerationOptions Answers =>
        (Options.Generation ?? new GenerationOptions { MaxNewTokens = 256 }) with { Temperature = 0, SamplesPerPrompt = 1 };

    internal override (RhythmOptions Rhythm, CreditOptions Credit) Analysis => (new RhythmOptions { Receivers = true }, new CreditOptions());

    public override (TrainingRows Rows, TrainingRows? Evaluation) Load(MLContext context) =>
        (TrainingRows.Responses(context, Rows!, Options), Evaluation is null ? null : TrainingRows.Responses(context, Evaluation, Options));

    public override PolicyTransformer Fit(
        MLContext context, CausalLanguageModel model, IDataView rows, IDataView? evaluation, RunSettings run) =>
        context.Policies.Trainers.SupervisedFineTuning(model, run.Of(Options)).Fit(rows, evaluation);
}
