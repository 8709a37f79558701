using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>What every trainer has: optimizer, learning rate, seed, progress. Names are TRL's and transformers'.</summary>
public abstract class TrainingOptions
{
    private protected TrainingOptions() { }

    /// <summary>Learning rate after the warm-up (learning_rate); above 0. Its default is the trainer's.</summary>
    public abstract double LearningRate { get; init; }

    /// <summary>How the learning rate changes after the warm-up (lr_scheduler_type). Its default is the trainer's.</summary>
    public abstract LearningRateSchedule Schedule { get; init; }

    /// <summary>Updates over which the learning rate rises from 0 in a straight line (warmup_steps); the first of them runs at 0. Default 0; 0 or more.</summary>
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

    /// <summary>The gradients' common norm is scaled down to this (max_grad_norm). Default 1; above 0, infinity = never.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>Train this adapter and leave the weights as they are (peft_config); null (default) = train all weights, or the adapter where the model has one. With an adapter, learning rates are about ten times those of full fine-tuning.</summary>
    /// <remarks>A model that has an adapter keeps it: rank, scale and targets must then be those of that adapter. <see cref="LoraOptions.Seed"/> starts a new adapter, <see cref="Seed"/> its dropout.</remarks>
    public LoraOptions? Lora { get; init; }

    /// <summary>Compute in bfloat16, sampling included, and keep the weights that are updated in float32 (bf16). Half the memory and time of the passes on processors with such units; log-probabilities then carry the noise that docs/precision.md measures. Default false.</summary>
    public bool Bf16 { get; init; }

    /// <summary>Start of everything random: the same seed on the same machine gives the same bits. Default 0. The seed of the <c>MLContext</c> is not used.</summary>
    public long Seed { get; init; }

    /// <summary>Told after every step, on the thread that trains. Default null.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Ends training early; Fit then returns the policy as the last complete update left it. Default: never.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Notes what is out of range.</summary>
    private protected void CheckTraining(Violations problems)
    {
        problems.Require(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "above 0");
        problems.Require(Enum.IsDefined(Schedule), nameof(Schedule), Schedule, "Constant, Linear or Cosine");
        problems.Require(WarmupSteps >= 0, nameof(WarmupSteps), WarmupSteps, "0 or more");
        problems.Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "0 or more");
        problems.Require(AdamBeta1 is >= 0 and < 1, nameof(AdamBeta1), AdamBeta1, "0 or more, less than 1");
        problems.Require(AdamBeta2 is >= 0 and < 1, nameof(AdamBeta2), AdamBeta2, "0 or more, less than 1");
        problems.Require(AdamEpsilon > 0 && double.IsFinite(AdamEpsilon), nameof(AdamEpsilon), AdamEpsilon, "above 0");
        problems.Require(MaxGradientNorm > 0, nameof(MaxGradientNorm), MaxGradientNorm, "above 0 (infinity = never clip)");
        Lora?.Check(problems, "Lora.");
    }
}
