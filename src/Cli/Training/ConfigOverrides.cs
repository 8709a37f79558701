using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MLNetAttn.Cli;

/// <summary>Values from the command line that go over those of the file: <c>options.steps=5</c>, <c>reward[0].weight=2</c>.</summary>
internal static partial class ConfigOverrides
{
    /// <summary>Sets them.</summary>
    /// <param name="config">The file's object.</param>
    /// <param name="overrides">A path of names with dots, =, and a value in JSON; what is no JSON is taken as text, and where a text is expected numbers are
    /// too.</param>
    /// <exception cref="ConfigException">One of them has no path or no value, or its path leads through something that is no object.</exception>
    public static void Apply(JsonObject config, IEnumerable<string> overrides)
    {
        List<string> problems = [];
        foreach (string item in overrides)
        {
            int equal = item.IndexOf('=', StringComparison.Ordinal);
            if (equal <= 0 || Steps(item[..equal]) is not { } path)
                problems.Add($"--set {item}: expected a path and a value, such as options.steps=5");
            else if (Set(config, path, JsonOf(item[(equal + 1)..], IsText(config, item[..equal]))) is { } blocked)
                problems.Add($"--set {item}: {blocked}");
        }
        ConfigException.ThrowIfAny(problems);
    }

    /// <summary>The names of a path, and the places in lists; null if it is none.</summary>
    private static object[]? Steps(string path)
    {
        List<object> steps = [];
        foreach (string part in path.Split('.'))
        {
            Match match = Part().Match(part);
            if (!match.Success || string.IsNullOrWhiteSpace(match.Groups[1].Value)) return null;
            steps.Add(match.Groups[1].Value);
            foreach (Capture place in match.Groups[2].Captures) steps.Add(int.Parse(place.Value, CultureInfo.InvariantCulture));
        }
        return [.. steps];
    }

    /// <summary>Sets one.</summary>
    /// <returns>What is in the way; null if nothing is.</returns>
    private static string? Set(JsonObject config, object[] path, JsonNode? value)
    {
        JsonNode at = config;
        string way = "";
        for (int i = 0; ; i++)
        {
            bool isLast = i == path.Length - 1;
            JsonNode? next;
            switch (path[i], at)
            {
                case (string name, JsonObject place):
                    if (isLast) place[name] = value;
                    else place[name] ??= path[i + 1] is int ? new JsonArray() : new JsonObject();
                    (next, way) = (place[name], way.Length > 0 ? $"{way}.{name}" : name);
                    break;
                // One element needs no list.
                case (0, JsonObject only) when !isLast:
                    next = only;
                    break;
                case (int place, JsonArray list) when place <= list.Count:
                    if (place == list.Count) list.Add(isLast ? value : new JsonObject());
                    else if (isLast) list[place] = value;
                    (next, way) = (list[place], string.Create(CultureInfo.InvariantCulture, $"{way}[{place}]"));
                    break;
                case (int, JsonArray list):
                    return string.Create(CultureInfo.InvariantCulture, $"{way} has {list.Count} elements, counted from 0");
                case (int, _):
                    return $"{way} is no list, and has no places in it";
                default:
                    return $"{way} is no object, and has no names in it";
            }
            if (isLast) return null;
            if (next is null) return $"{way} is null, and has nothing in it";
            at = next;
        }
    }

    private static JsonNode? JsonOf(string text, bool isText)
    {
        try
        {
            JsonNode? value = JsonNode.Parse(text);
            return isText && value is JsonValue && value.GetValueKind() != JsonValueKind.String ? text : value;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static bool IsText(JsonObject config, string path)
    {
        string known = Place().Replace(path, "[0]");
        return ConfigNames.All(ConfigReader.TypeOf(config)).Any(name => name.Path == known && name.Type == typeof(string));
    }

    [GeneratedRegex(@"^([^\[\]]+)(?:\[(\d{1,6})\])*$")]
    private static partial Regex Part();

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Place();
}
