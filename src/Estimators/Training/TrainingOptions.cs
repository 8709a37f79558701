using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>What every trainer has: optimizer, learning rate, seed, progress. Names are TRL's and transformers'.</summary>
public abstract record TrainingOptions
{
    private protected TrainingOptions() { }

    /// <summary>Learning rate after the warm-up (learning_rate); above 0. Its default is the trainer's.</summary>
    public abstract double LearningRate { get; init; }

    /// <summary>How the learning rate changes after the warm-up (lr_scheduler_type). Its default is the trainer's.</summary>
    public abstract LearningRateSchedule Schedule { get; init; }

    /// <summary>Updates over which the learning rate rises from 0 in a straight line (warmup_steps); the first of them runs at 0. Default 0; 0 or
    /// more.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>Decoupled weight decay (weight_decay). Default 0; 0 or more.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Decay norm weights and biases too, as a plain torch.optim.AdamW does; transformers' Trainer does not. Default false.</summary>
    public bool DecayNormsAndBiases { get; init; }

    /// <summary>β₁ of AdamW (adam_beta1). Default 0.9; 0 or more, less than 1.</summary>
    public double AdamBeta1 { get; init; } = 0.9;

    /// <summary>β₂ of AdamW (adam_beta2). Default 0.999; 0 or more, less than 1.</summary>
    public double AdamBeta2 { get; init; } = 0.999;

    /// <summary>ε of AdamW (adam_epsilon). Default 1e-8; above 0.</summary>
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>The gradients' common norm is scaled down to this (max_grad_norm). Default 1; 0 or more, 0 or infinity = never.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>Train this adapter and leave the weights as they are (peft_config); null (default) = train all weights, or the adapter where the model has one.
    /// With an adapter, learning rates are about ten times those of full fine-tuning.</summary>
    /// <remarks>A model that has an adapter keeps it: rank, scale and targets must then be those of that adapter. <see cref="LoraOptions.Seed"/> starts a new
    /// adapter, <see cref="Seed"/> its dropout.</remarks>
    public LoraOptions? Lora { get; init; }

    /// <summary>Compute in bfloat16, sampling included, and keep the weights that are updated in float32 (bf16). Half the memory and time of the passes on
    /// processors with such units; log-probabilities then carry the noise that docs/precision.md measures. Default false (TRL: true).</summary>
    public bool Bf16 { get; init; }

    /// <summary>Start of everything random: the same seed on the same machine, with as many threads, gives the same bits, on a CPU: CUDA adds up in any order.
    /// Default 0. The seed of the <c>MLContext</c> is not used.</summary>
    public long Seed { get; init; }

    /// <summary>Keep one tensor a layer for the gradient and compute the layers a second time: about a third more time, a fraction of the memory
    /// (gradient_checkpointing). Default false (TRL: true).</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>What happens when a loss or a gradient is NaN or infinite. Default <see cref="NonFiniteUpdate.Stop"/>.</summary>
    public NonFiniteUpdate NonFinite { get; init; } = NonFiniteUpdate.Stop;

    /// <summary>Steps between two evaluations on the validation rows that Fit is given (eval_steps); the last step is evaluated too. Default null = never; at
    /// least 1.</summary>
    public int? EvaluateEvery { get; init; }

    /// <summary>Evaluate the model that training begins with, too (eval_on_start): step 0 in progress and files. A reward that learns is then fitted before it,
    /// on the responses of the first step as always. Default false; needs <see cref="EvaluateEvery"/>.</summary>
    public bool EvaluateAtStart { get; init; }

    /// <summary>Fit returns the policy that was evaluated best, not the last one (load_best_model_at_end); the model that training begins with competes where
    /// <see cref="EvaluateAtStart"/> is set. Default false; needs <see cref="EvaluateEvery"/>.</summary>
    public bool KeepBest { get; init; }

    /// <summary>Training ends after as many evaluations in a row without a new best one (early_stopping_patience). Default null = never; at least 1; needs
    /// <see cref="EvaluateEvery"/>.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>The folder of the run, for checkpoints and metrics (output_dir); made if there is none. One run has it at a time. Default null = nothing is
    /// written.</summary>
    public string? OutputFolder { get; init; }

    /// <summary>Steps between two checkpoints in <see cref="OutputFolder"/> (save_steps); one is written at the end, and on cancellation, too. Default 50; at
    /// least 1.</summary>
    public int CheckpointEvery { get; init; } = 50;

    /// <summary>The last so many checkpoints are kept (save_total_limit). Default 2; at least 1.</summary>
    public int CheckpointLimit { get; init; } = 2;

    /// <summary>Go on from the last checkpoint in <see cref="OutputFolder"/> (resume_from_checkpoint), to the same bits as an undisturbed run on the same
    /// machine with as many threads (on a CPU; OMP_NUM_THREADS, torch.set_num_threads; a warning says where they are others); from the start where there is
    /// none. Default false: a folder that holds a run is refused. Model, data, validation data and options must be as before, which is checked, except for
    /// options that change no finished step (docs/training.md); and so must the reward, which is not checked.</summary>
    public bool Resume { get; init; }

    /// <summary>Told after every step, and after the evaluation of <see cref="EvaluateAtStart"/> (with its metrics alone), on the thread that trains;
    /// <see cref="Progress{T}"/> passes it on to another. What it throws ends training. Default null.</summary>
    [JsonIgnore]
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Ends training early; Fit then returns the policy as the last complete step left it, or the best one where <see cref="KeepBest"/> is set.
    /// Default: never.</summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Notes what is out of range.</summary>
    private protected void CheckTraining(Violations problems)
    {
        problems.Require(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "above 0");
        problems.RequireDefined(Schedule, nameof(Schedule));
        problems.Require(WarmupSteps >= 0, nameof(WarmupSteps), WarmupSteps, "0 or more");
        problems.Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "0 or more");
        problems.Require(AdamBeta1 is >= 0 and < 1, nameof(AdamBeta1), AdamBeta1, "0 or more, less than 1");
        problems.Require(AdamBeta2 is >= 0 and < 1, nameof(AdamBeta2), AdamBeta2, "0 or more, less than 1");
        problems.Require(AdamEpsilon > 0 && double.IsFinite(AdamEpsilon), nameof(AdamEpsilon), AdamEpsilon, "above 0");
        problems.Require(MaxGradientNorm >= 0, nameof(MaxGradientNorm), MaxGradientNorm, "0 or more (0 or infinity = never clip)");
        problems.RequireDefined(NonFinite, nameof(NonFinite));
        problems.Require(EvaluateEvery is null or >= 1, nameof(EvaluateEvery), EvaluateEvery, "at least 1, or null for never");
        problems.Require(!EvaluateAtStart || EvaluateEvery is not null, nameof(EvaluateAtStart), EvaluateAtStart, "false where EvaluateEvery is null");
        problems.Require(!KeepBest || EvaluateEvery is not null, nameof(KeepBest), KeepBest,
            "false where EvaluateEvery is null: the best policy is found by evaluations");
        problems.Require(EarlyStoppingPatience is null or >= 1, nameof(EarlyStoppingPatience), EarlyStoppingPatience, "at least 1, or null for never");
        problems.Require(EarlyStoppingPatience is null || EvaluateEvery is not null, nameof(EarlyStoppingPatience), EarlyStoppingPatience,
            "null where EvaluateEvery is null");
        problems.Require(OutputFolder is null || !string.IsNullOrWhiteSpace(OutputFolder), nameof(OutputFolder), "blank", "a folder, or null for none");
        problems.Require(CheckpointEvery >= 1, nameof(CheckpointEvery), CheckpointEvery, "at least 1");
        problems.Require(CheckpointLimit >= 1, nameof(CheckpointLimit), CheckpointLimit, "at least 1");
        problems.Require(!Resume || OutputFolder is not null, nameof(Resume), Resume, "false where OutputFolder is null: there is nothing to go on from");
        Lora?.Check(problems, "Lora.");
    }
}

/// <summary>What happens when an update's loss or gradient, or the attention in its own pass, is NaN or infinite. A model that cannot sample, or whose
/// attention in a pass of its own is not finite, stops training either way.</summary>
public enum NonFiniteUpdate
{
    /// <summary>Training stops with an error that names the update.</summary>
    Stop,

    /// <summary>The update is left out; the metric skipped_updates is the share of a step's updates that were.</summary>
    Skip,
}
