using System.Text.Json.Serialization.Metadata;

namespace MLNetAttn.Cli;

/// <summary>The names that a configuration may use, from the types that it is read into.</summary>
internal static class ConfigNames
{
    /// <summary>What JSON says of a type; null under nullable numbers is looked through.</summary>
    public static JsonTypeInfo Of(Type type) => ConfigJson.Format.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);

    /// <summary>Whether a type is read from an object of known names.</summary>
    public static bool IsObject(Type type) => Of(type).Kind == JsonTypeInfoKind.Object;

    /// <summary>All properties of a type and of what they hold, with their paths. Elements of lists count as one.</summary>
    public static IEnumerable<(string Path, string Name, Type Type)> All(Type type) =>
        Properties(type).Select(known => (known.Path, known.Property.Name, known.Property.PropertyType));

    /// <summary>The same with all that JSON says of a property.</summary>
    public static IEnumerable<(string Path, JsonPropertyInfo Property)> Properties(Type type, string prefix = "")
    {
        foreach (JsonPropertyInfo property in Of(type).Properties)
        {
            if (property.Set is null && property.Get is null) continue;
            (string path, Type held) = (prefix + property.Name, property.PropertyType);
            yield return (path, property);
            if (Of(held) is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element }) (path, held) = (path + "[0]", element);
            if (!IsObject(held)) continue;
            foreach ((string, JsonPropertyInfo) inner in Properties(held, path + ".")) yield return inner;
        }
    }
}
