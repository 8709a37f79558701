namespace MLNetAttn.Cli;

/// <summary>What PEFT's LoraConfig calls options that have other names here, and those that are not here.</summary>
internal static class PeftNames
{
    /// <summary>What becomes of such an option; null where nothing is known of it.</summary>
    public static string? Find(string name) => name switch
    {
        "r" => Here("rank"),
        "lora_alpha" => Here("alpha"),
        "lora_dropout" => Here("dropout"),
        "modules_to_save" => Missing("only matrices that get an adapter are trained"),
        "bias" => Missing("biases stay as they are"),
        "use_dora" => Missing("adapters are plain LoRA"),
        "init_lora_weights" => Missing("A begins with random numbers of options.lora.seed, and B with 0"),
        "rank_pattern" or "alpha_pattern" => Missing("all matrices have one rank and one alpha"),
        "layers_to_transform" or "layers_pattern" => Missing("options.lora.target_modules names a layer's matrix as layers.3.self_attn.q_proj"),
        "task_type" or "inference_mode" or "peft_type" or "fan_in_fan_out" or "base_model_name_or_path" => "says nothing that has to be said here: leave it out",
        _ => null,
    };

    private static string Here(string name) => $"is here options.lora.{name}";

    private static string Missing(string why) => $"is not there: {why}";
}
