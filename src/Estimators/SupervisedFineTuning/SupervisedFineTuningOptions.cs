using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>How a model is fine-tuned on responses; names, meanings and (where nothing else is said) defaults of TRL's SFTTrainer.</summary>
public sealed record SupervisedFineTuningOptions : TrainingOptions
{
    /// <summary>Learning rate after the warm-up (learning_rate). Default 2e-5; above 0.</summary>
    public override double LearningRate { get; init; } = 2e-5;

    /// <summary>How the learning rate changes after the warm-up (lr_scheduler_type). Default <see cref="LearningRateSchedule.Cosine"/>; TRL's, transformers'
    /// own, is <see cref="LearningRateSchedule.Linear"/>.</summary>
    public override LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Cosine;

    /// <summary>Rows of an update (per_device_train_batch_size times gradient_accumulation_steps). The last batch of an epoch takes what is left. Default 8; at
    /// least 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Parts that a batch is computed in to save memory (gradient_accumulation_steps): at most BatchSize / GradientAccumulationSteps rows at once,
    /// rounded up. Their losses add up, so that the result is that of the whole batch, but for last bits. Default 1; 1 to <see cref="BatchSize"/>.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Passes over the rows; not read where <see cref="Steps"/> is given (num_train_epochs). Default 3; at least 1.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Updates in all, over as many epochs as that takes (max_steps); null = <see cref="Epochs"/> decides. Default null; at least 1.</summary>
    public int? Steps { get; init; }

    /// <summary>Visit the rows of each epoch in a random order. Default true.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>The most tokens of a row, prompt and response together: responses are cut where it is reached, and lose the token that ends them (max_length).
    /// Default null = rows are taken whole, and one that exceeds the model's context is an error; TRL's is 1024. 2 to the model's context.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Append the end-of-sequence token to responses that come as text, so that the model learns to end. Default true. Responses that come as token
    /// ids are taken as they are.</summary>
    public bool AppendEndOfSequence { get; init; } = true;

    /// <summary>The column of prompts: text, or vectors of token ids. Default Prompt.</summary>
    public string PromptColumnName { get; init; } = "Prompt";

    /// <summary>What text of the prompt column says: the prompt itself, or a conversation as JSON, which the model's chat template renders. The fine-tuned
    /// policy reads prompts alike. Default <see cref="PromptFormat.Text"/>.</summary>
    public PromptFormat PromptFormat { get; init; } = PromptFormat.Text;

    /// <summary>The column of responses: text, or vectors of token ids. Text that GenerateText wrote is read as the token ids that came with it, which say
    /// whether it was cut. Default Response.</summary>
    public string ResponseColumnName { get; init; } = "Response";

    /// <summary>How the fine-tuned policy answers prompts; null (default) = sampled at temperature 1, up to as many tokens as the longest response that it was
    /// trained on, or, where the longest prompt leaves no room for that, as the context leaves. <see cref="GenerationOptions.AddSpecialTokens"/> counts for the
    /// prompts of training too.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>Reads prompts.</summary>
    internal PromptReader Prompts => new(PromptColumnName, PromptFormat, Generation?.AddSpecialTokens ?? true);

    /// <summary>The most rows that are computed at once.</summary>
    internal int RowsAtOnce => 1 + (BatchSize - 1) / GradientAccumulationSteps;

    /// <summary>Updates of a pass over some rows.</summary>
    internal int Batches(int rows) => 1 + (rows - 1) / BatchSize;

    /// <summary>Whether a run may go on with other parts of a batch: not with dropout, which leaves out other things in each.</summary>
    internal bool HasFreeParts(CausalLanguageModel model) => (Lora ?? model.Adapter)?.Dropout is null or 0;

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate(CausalLanguageModel? model = null)
    {
        var problems = new Violations();
        CheckTraining(problems);
        problems.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        problems.Require(
            GradientAccumulationSteps >= 1 && GradientAccumulationSteps <= Math.Max(1, BatchSize),
            nameof(GradientAccumulationSteps), GradientAccumulationSteps,
            FormattableString.Invariant($"1 to BatchSize ({BatchSize}): a part has at least one row"));
        problems.RequireDefined(PromptFormat, nameof(PromptFormat));
        problems.Require(Epochs >= 1, nameof(Epochs), Epochs, "at least 1");
        problems.Require(
            MaxLength is null or >= 2, nameof(MaxLength), MaxLength,
            "at least 2, one token of a prompt and one of its response; or null for whole rows");
        problems.Require(
            model is null || MaxLength is null || MaxLength <= model.Config.ContextLength, nameof(MaxLength), MaxLength,
            FormattableString.Invariant($"at most the model's context, {model?.Config.ContextLength}"));
        problems.Require(Steps is null or >= 1, nameof(Steps), Steps, "at least 1, or null for Epochs to decide");
        if (Generation is not null) TextGenerationOptions.CheckGeneration(problems, Generation, model);
        problems.ThrowIfAny(nameof(SupervisedFineTuningOptions));
    }
}
