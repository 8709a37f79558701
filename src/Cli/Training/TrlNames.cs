using MLNetAttn.Estimators;

namespace MLNetAttn.Cli;

/// <summary>What TRL's GRPOConfig and SFTConfig call options that have other names, or another shape, here, and those that are not here.</summary>
internal static class TrlNames
{
    private const string Sampling = "the policy samples itself; from what a server sampled it learns as \"rollouts\"";

    /// <summary>Where such an option is; null where it is not here under another name.</summary>
    public static string? Find(string name) => name switch
    {
        "max_steps" => "steps, which counts batches of responses (max_steps = steps · iterations · mini_batches)",
        "num_generations" => "generations",
        "num_generations_eval" => "evaluation_generations",
        "max_completion_length" => "max_new_tokens",
        "num_iterations" => "iterations",
        "per_device_train_batch_size" or "generation_batch_size" or "steps_per_generation" =>
            "prompts_per_step · generations responses a step, mini_batches · gradient_accumulation_steps parts of them (sft: batch_size)",
        "per_device_eval_batch_size" => "sampling_batch_size",
        "loss_type" => "loss.type",
        "entropy_coef" => "loss.entropy_coefficient",
        "importance_sampling_level" => "loss.importance_sampling",
        "multi_objective_aggregation" => "reward_aggregation",
        "reward_weights" => "the \"weight\" of each \"reward\"",
        "lr_scheduler_type" => "schedule",
        "max_grad_norm" => "max_gradient_norm",
        "gradient_checkpointing" => "activation_checkpointing",
        "num_train_epochs" => "steps (sft: epochs)",
        "warmup_ratio" => "warmup_steps",
        "eval_steps" or "eval_strategy" => "evaluate_every",
        "eval_on_start" => "evaluate_at_start",
        "load_best_model_at_end" => "keep_best",
        "save_steps" => "checkpoint_every",
        "save_total_limit" => "checkpoint_limit",
        "peft_config" => "lora",
        "output_dir" => "\"output\", beside \"options\"",
        "resume_from_checkpoint" => "the argument --resume",
        "log_completions" => "log_samples_every",
        "logging_steps" => "nothing to set: every step is logged",
        _ => null,
    };

    /// <summary>Why such an option is not here; null where nothing is known of it.</summary>
    public static string? Missing(string name) => name switch
    {
        "repetition_penalty" => "it makes another distribution of every place than the loss has",
        "generation_kwargs" => "temperature, top_k, top_p, min_p, stop_strings and stop_token_ids say how responses are sampled",
        "sync_ref_model" or "ref_model_mixup_alpha" or "ref_model_sync_steps" => "the reference stays the model that training begins with",
        "off_policy_mask_threshold" => "no response is left out for being off-policy; loss.delta and loss.dual_clip bound what one with a negative advantage weighs",
        "use_adaptive_entropy" or "entropy_target" or "entropy_coef_min" or "entropy_coef_max" or "entropy_coef_delta" =>
            "loss.entropy_coefficient stays as it is set",
        "sapo_temperature_neg" or "sapo_temperature_pos" => "there is no sapo loss",
        _ when name.StartsWith("vespo_", StringComparison.Ordinal) => "there is no vespo loss",
        "use_vllm" => Sampling,
        _ when name.StartsWith("vllm_", StringComparison.Ordinal) => Sampling,
        _ => null,
    };

    /// <summary>What a value is here that TRL, or who comes from there, gives an option; null where nothing is known of it.</summary>
    /// <param name="type">The values that the option has here.</param>
    /// <param name="value">The one that was given.</param>
    public static string? FindValue(Type type, string value) => value switch
    {
        "gspo" when type == typeof(PolicyLossType) =>
            "gspo is grpo with loss.importance_sampling sequence, or sequence_token with credit that differs from token to token",
        "sapo" or "luspo" or "vespo" when type == typeof(PolicyLossType) => $"TRL's {value} is not there",
        "constant_with_warmup" when type == typeof(LearningRateSchedule) => "TRL's constant_with_warmup is here constant, with warmup_steps",
        _ => null,
    };
}
