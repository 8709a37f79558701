using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Reads a JSON object into a type, and finds everything that is wrong with it: unknown names, and values of the wrong type.</summary>
/// <param name="root">The type of the whole configuration.</param>
/// <param name="method">The method that it names; null = none.</param>
internal sealed class ConfigBinder(Type root, string? method)
{
    private readonly List<string> _problems = [];

    /// <summary>Reads it.</summary>
    /// <exception cref="ConfigException">Something is wrong; it lists all of it.</exception>
    public static T Bind<T>(JsonObject config)
        where T : class
    {
        var binder = new ConfigBinder(typeof(T), ConfigReader.Method(config));
        binder.Check(config, typeof(T), "");
        ConfigException.ThrowIfAny(binder._problems);
        return config.Deserialize<T>(ConfigJson.Format)!;
    }

    /// <summary>What a value must be.</summary>
    public static string Expected(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying) return $"{Expected(underlying)}, or null";
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(int) || type == typeof(long)) return "a whole number";
        if (type == typeof(double) || type == typeof(float)) return "a number";
        if (type == typeof(string)) return "a text";
        if (type == typeof(TimeSpan)) return "a time such as \"00:00:01\"";
        if (type == typeof(LayerSelection)) return "\"middle\", \"all\", \"top\", \"bottom\" or layers such as \"3,5,7\"";
        if (type.IsEnum) return "one of " + string.Join(", ", Values(type));
        return ConfigNames.Of(type) is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element } ? $"a list, each {Expected(element)}" : "an object";
    }

    /// <summary>The names of an enumeration's values.</summary>
    public static IEnumerable<string> Values(Type type) => Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName);

    private void Check(JsonObject found, Type type, string prefix)
    {
        foreach ((string name, JsonNode? value) in found)
        {
            string path = prefix + name;
            if (ConfigNames.Of(type).Properties.FirstOrDefault(property => property.Name == name) is { } property)
                CheckValue(value, property.PropertyType, property.IsSetNullable, path);
            else if (Others(path) is not { } other || (method is not null && ConfigNames.All(root).Any(known => known.Name == name)))
                _problems.Add($"{path}: unknown{Advice(name, type, path)}");
            else if (method is null || Values(typeof(TrainMethod)).Contains(method, StringComparer.OrdinalIgnoreCase))
                _problems.Add($"{path}: unknown here; it is there with \"method\": \"{other}\"");
        }
    }

    /// <summary>The other method where that has a name; what a method that there is not has, is not known.</summary>
    private string? Others(string path)
    {
        (Type other, TrainMethod its) = root == typeof(PolicyOptimizationConfig)
            ? (typeof(SupervisedFineTuningConfig), TrainMethod.Sft)
            : (typeof(PolicyOptimizationConfig), TrainMethod.PolicyOptimization);
        return ConfigNames.All(other).Any(known => known.Path == path) ? ConfigWording.Of(its) : null;
    }

    private void CheckValue(JsonNode? value, Type type, bool mayBeNull, string path)
    {
        if (value is null && mayBeNull) return;
        JsonTypeInfo info = ConfigNames.Of(type);
        if (value is JsonObject inner && info.Kind == JsonTypeInfoKind.Object)
            Check(inner, info.Type, path + ".");
        else if (value is JsonArray list && info is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element })
            for (int i = 0; i < list.Count; i++) CheckValue(list[i], element, mayBeNull: false, $"{path}[{i}]");
        else if (value is null || !CanRead(value, type))
            _problems.Add(
                $"{path}: found {value?.ToJsonString(ConfigJson.Format) ?? "null"}, expected {Expected(type)}{Meant(value, info.Type)}");
    }

    private static bool CanRead(JsonNode value, Type type)
    {
        try
        {
            value.Deserialize(ConfigNames.Of(type));
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Meant(JsonNode? value, Type type)
    {
        if (!type.IsEnum || value is not JsonValue text || !text.TryGetValue(out string? name)) return "";
        if (TrlNames.FindValue(type, name) is { } own) return $"; {own}";
        return NearestName.Find(name, Values(type)) is { } nearest ? $"; did you mean {nearest}?" : "";
    }

    /// <summary>The nearest name beside it; where there is none, a place where it would be known, or a name beside it that it is the beginning of.</summary>
    private string Advice(string name, Type type, string path)
    {
        if (ConfigJson.Elsewhere(path) is { } elsewhere) return $" here; {elsewhere}";
        if ((type == typeof(LoraOptions) || type.IsAssignableTo(typeof(TrainingOptions))) && PeftNames.Find(name) is { } adapter)
            return $"; PEFT's {name} {adapter}";
        if (TrlNames.Find(name) is { } own) return $"; TRL's {name} is here {own}";
        if (TrlNames.Missing(name) is { } why) return $"; TRL's {name} is not there: {why}";
        string[] names = [.. ConfigNames.Of(type).Properties.Select(property => property.Name)];
        if (NearestName.Find(name, names) is { } nearest) return $"; did you mean {nearest}?";
        string? place = ConfigNames.All(root).Where(known => known.Name == name).Select(known => known.Path).FirstOrDefault();
        if (place is not null) return $" here; did you mean {place}?";
        return NearestName.Complete(name, names) is { } whole ? $"; did you mean {whole}?" : "";
    }
}
