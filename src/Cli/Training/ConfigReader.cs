using System.Text.Json.Nodes;

namespace MLNetAttn.Cli;

/// <summary>From a file and what the command line adds to a configuration.</summary>
internal static class ConfigReader
{
    /// <summary>Reads it; ranges, and what must be there, are <see cref="ConfigRules"/>' matter.</summary>
    /// <param name="path">The file; null = none, all is as it is by default.</param>
    /// <param name="overrides">See <see cref="ConfigOverrides"/>.</param>
    /// <exception cref="InvalidDataException">The file is no JSON object.</exception>
    /// <exception cref="ConfigException">Names or types are wrong; it lists all of them.</exception>
    public static TrainConfig Read(string? path, IEnumerable<string> overrides)
    {
        JsonObject config = path is null ? [] : ConfigJson.Read(path);
        ConfigOverrides.Apply(config, overrides);
        return Bind(config);
    }

    /// <summary>Reads a configuration from its object.</summary>
    /// <exception cref="ConfigException">Names or types are wrong; it lists all of them.</exception>
    public static TrainConfig Bind(JsonObject config)
    {
        LengthenPrompts(config, "prompts");
        if (config["options"] is JsonObject options && options["lora"] is JsonObject lora && lora["target_modules"] is JsonValue module)
            lora["target_modules"] = new JsonArray(module.DeepClone());
        if (config["reward"] is JsonObject only) config["reward"] = new JsonArray(only.DeepClone());
        if (TypeOf(config) == typeof(SupervisedFineTuningConfig))
            return ConfigBinder.Bind<SupervisedFineTuningConfig>(config);
        LengthenPrompts(config, "evaluation");
        return ConfigBinder.Bind<PolicyOptimizationConfig>(config);
    }

    /// <summary>What a configuration is read into. Values of enumerations are read in any case.</summary>
    public static Type TypeOf(JsonObject config) => string.Equals(Method(config), "sft", StringComparison.OrdinalIgnoreCase)
        ? typeof(SupervisedFineTuningConfig)
        : typeof(PolicyOptimizationConfig);

    /// <summary>The method that it names; null = none.</summary>
    public static string? Method(JsonObject config) => config["method"] is JsonValue method && method.TryGetValue(out string? name) ? name : null;

    /// <summary>A text is short for an object with that file.</summary>
    private static void LengthenPrompts(JsonObject config, string name)
    {
        if (config[name] is JsonValue value && value.TryGetValue(out string? file)) config[name] = new JsonObject { ["file"] = file };
    }
}
