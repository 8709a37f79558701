namespace MLNetAttn.Cli;

/// <summary>What TRL's GRPOConfig and SFTConfig call options that have other names, or another shape, here.</summary>
internal static class TrlNames
{
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
}
