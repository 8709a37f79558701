using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling;

/// <summary><c>adapter_config.json</c>, as PEFT reads and writes it.</summary>
internal static class LoraConfigFile
{
    private const int LongestValue = 60;

    /// <summary>The version whose file this is like, value by value.</summary>
    private const string PeftVersion = "0.21.2";

    /// <summary>Keys that say nothing about what an adapter computes.</summary>
    private static readonly HashSet<string> Silent = new(StringComparer.Ordinal)
    {
        "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "eva_config", "inference_mode",
        "megatron_core", "peft_version", "qalora_group_size", "revision", "runtime_config",
    };

    /// <summary>Keys that are read.</summary>
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "r", "lora_alpha", "lora_dropout", "use_rslora", "target_modules", "peft_type",
    };

    /// <summary>What the file says, and where it says that the base model lies.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or a value is out of range.</exception>
    /// <exception cref="NotSupportedException">It is no LoRA adapter, or asks for more than rank, alpha, rslora, dropout and target modules; the message names
    /// it.</exception>
    public static (LoraOptions Options, BaseModelReference BaseModel) Read(ICheckpointSource source)
    {
        string location = CheckpointFiles.Locate(source, CheckpointFiles.AdapterConfig);
        JsonFields fields = JsonFields.Parse(CheckpointFiles.ReadSmall(source, CheckpointFiles.AdapterConfig), location);
        foreach (JsonProperty property in fields.Element.EnumerateObject())
            if (!IsUnderstood(property)) throw Unsupported(location, property.Name, property.Value);
        if (fields.Text("peft_type") != "LORA") throw new InvalidDataException($"{location}: 'peft_type' is missing; expected \"LORA\".");
        var options = new LoraOptions
        {
            Rank = fields.RequiredInteger("r"),
            Alpha = fields.RequiredNumber("lora_alpha"),
            UseRslora = fields.Flag("use_rslora") ?? false,
            Dropout = fields.Number("lora_dropout") ?? 0,
            TargetModules = Targets(fields, location),
        };
        try
        {
            options.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"{location}: {exception.Message}", exception);
        }
        return (options, new BaseModelReference(fields.Text("base_model_name_or_path"), fields.Text("revision")));
    }

    /// <summary>The file of an adapter.</summary>
    /// <param name="options">The adapter; its targets sorted, as PEFT's set of them has no order.</param>
    /// <param name="targets">The modules' names.</param>
    /// <param name="baseModel">Where the base model lies.</param>
    public static byte[] Write(LoraOptions options, IEnumerable<string> targets, BaseModelReference baseModel)
    {
        JsonObject json = new()
        {
            ["base_model_name_or_path"] = baseModel.Name,
            ["bias"] = "none",
            ["ensure_weight_tying"] = false,
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["lora_alpha"] = options.Alpha == Math.Floor(options.Alpha) && options.Alpha < int.MaxValue ? (int)options.Alpha : PythonNumber(options.Alpha),
            ["lora_bias"] = false,
            ["lora_dropout"] = PythonNumber(options.Dropout),
            ["megatron_core"] = "megatron.core",
            ["peft_type"] = "LORA",
            ["peft_version"] = PeftVersion,
            ["qalora_group_size"] = 16,
            ["r"] = options.Rank,
            ["revision"] = baseModel.Revision,
            ["target_modules"] = new JsonArray([.. targets.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = false,
            ["use_qalora"] = false,
            ["use_rslora"] = options.UseRslora,
        };
        foreach (string key in (ReadOnlySpan<string>)["alpha_pattern", "loftq_config", "rank_pattern"]) json[key] = new JsonObject();
        foreach (string key in (ReadOnlySpan<string>)
        [
            "alora_invocation_tokens", "arrow_config", "auto_mapping", "corda_config", "eva_config", "exclude_modules", "kasa_config",
            "layer_replication", "layers_pattern", "layers_to_transform", "lora_ga_config", "megatron_config", "modules_to_save",
            "monteclora_config", "target_parameters", "trainable_token_indices", "use_bdlora", "velora_config",
        ])
            json[key] = null;
        return HuggingFaceJson.Render(json);
    }

    /// <summary>Whether a key is one that is read, says nothing here, or asks for nothing.</summary>
    private static bool IsUnderstood(JsonProperty property) => Silent.Contains(property.Name) || property.Value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Object => !property.Value.EnumerateObject().Any(),
        JsonValueKind.Array when property.Value.GetArrayLength() == 0 => true,
        JsonValueKind.String => property.Name switch
        {
            "peft_type" => property.Value.ValueEquals("LORA"),
            "task_type" => property.Value.ValueEquals("CAUSAL_LM"),
            "bias" => property.Value.ValueEquals("none"),
            // Others (PiSSA, OLoRA, CorDA, LoftQ, …) change the base weights too, which the adapter's files do not hold.
            "init_lora_weights" => property.Value.ValueEquals("gaussian") || property.Value.ValueEquals("orthogonal") || property.Value.ValueEquals("eva"),
            // Other texts are regular expressions.
            "target_modules" => property.Value.ValueEquals(LoraOptions.AllLinear[0]),
            _ => Known.Contains(property.Name) || property.Value.ValueEquals(""),
        },
        JsonValueKind.True when property.Name == "init_lora_weights" => true,
        _ => Known.Contains(property.Name),
    };

    private static IReadOnlyList<string> Targets(JsonFields fields, string location)
    {
        if (fields.Element.TryGetProperty("target_modules", out JsonElement value) && value.ValueKind == JsonValueKind.String) return LoraOptions.AllLinear;
        return fields.Texts("target_modules") ?? throw new InvalidDataException($"{location}: 'target_modules' is missing; expected a list of module names.");
    }

    private static JsonNode? PythonNumber(double value) => JsonNode.Parse(PythonFloat.Repr(value));

    private static NotSupportedException Unsupported(string location, string key, JsonElement value)
    {
        string text = value.GetRawText();
        return new NotSupportedException(
            $"{location}: the adapter asks for {key} = {(text.Length <= LongestValue ? text : text[..LongestValue] + "…")}, which is not supported: " +
            "adapters are LoRA with rank, alpha, rslora and dropout on modules given by name.");
    }
}
