using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Cli;

/// <summary>Values from the command line that go over those of the file: <c>options.steps=5</c>.</summary>
internal static class ConfigOverrides
{
    /// <summary>Sets them.</summary>
    /// <param name="config">The file's object.</param>
    /// <param name="overrides">A path of names with dots, =, and a value in JSON; what is no JSON is taken as text.</param>
    /// <exception cref="ConfigException">One of them has no path or no value, or its path leads through something that is no object.</exception>
    public static void Apply(JsonObject config, IEnumerable<string> overrides)
    {
        List<string> problems = [];
        foreach (string item in overrides)
        {
            int equal = item.IndexOf('=', StringComparison.Ordinal);
            if (equal <= 0 || item[..equal].Split('.').Any(string.IsNullOrWhiteSpace))
                problems.Add($"--set {item}: expected a path and a value, such as options.steps=5");
            else if (Set(config, item[..equal].Split('.'), Value(item[(equal + 1)..])) is { } blocked)
                problems.Add($"--set {item}: {blocked} is no object, and has no names in it");
        }
        ConfigException.ThrowIfAny(problems);
    }

    /// <summary>Sets one.</summary>
    /// <returns>The path of what is in the way; null if nothing is.</returns>
    private static string? Set(JsonObject config, string[] path, JsonNode? value)
    {
        JsonObject place = config;
        for (int i = 0; i + 1 < path.Length; i++)
        {
            if (place[path[i]] is null) place[path[i]] = new JsonObject();
            if (place[path[i]] is not JsonObject inner) return string.Join('.', path.Take(i + 1));
            place = inner;
        }
        place[path[^1]] = value;
        return null;
    }

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
