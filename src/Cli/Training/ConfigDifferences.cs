using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Cli;

/// <summary>What a configuration says that is not so by default.</summary>
internal static class ConfigDifferences
{
    /// <summary>Each option with its path and its value in JSON.</summary>
    public static IEnumerable<(string Path, string Value)> Of(TrainConfig config)
    {
        TrainConfig usual = config is SupervisedFineTuningConfig ? new SupervisedFineTuningConfig() : new PolicyOptimizationConfig();
        return Of("", JsonNode.Parse(ConfigJson.Write(config)), JsonNode.Parse(ConfigJson.Write(usual)));
    }

    private static IEnumerable<(string Path, string Value)> Of(string path, JsonNode? value, JsonNode? usual)
    {
        if (JsonNode.DeepEquals(value, usual)) return [];
        if (value is not JsonObject set) return [(path, Text(value))];
        return set.SelectMany(inner => Of(path.Length > 0 ? $"{path}.{inner.Key}" : inner.Key, inner.Value, (usual as JsonObject)?[inner.Key]));
    }

    private static string Text(JsonNode? value) =>
        value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : JsonText.Line(value);
}
