using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNetAttn.Cli;

/// <summary>Says what the library says of its options, which have C# names there, in the names of a configuration.</summary>
internal static partial class ConfigWording
{
    /// <param name="config">The configuration.</param>
    /// <param name="message">What the library said.</param>
    public static string Of(TrainConfig config, string message)
    {
        Dictionary<string, string> places = new(StringComparer.Ordinal);
        // The place nearest to the root is meant where several parts have an option of a name.
        foreach ((string path, string name, _) in ConfigNames.All(config.GetType())
            .Where(known => known.Path.StartsWith("options.", StringComparison.Ordinal))
            .OrderBy(known => known.Path.Count(letter => letter == '.')))
        {
            places.TryAdd(path["options.".Length..], path);
            places.TryAdd(name, path);
        }
        return Option().Replace(message, word => word.Value switch
        {
            "OutputFolder" => "\"output\"",
            "Set Resume" => "Add --resume",
            _ => places.GetValueOrDefault(string.Join('.', word.Value.Split('.').Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)), word.Value),
        });
    }

    // Names of several words, those of options in options, and others where a value follows.
    [GeneratedRegex(@"Set Resume\b|\b[A-Z]\w*(?:\.[A-Z]\w*)+|\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+\b|\b[A-Z][a-z0-9]+(?= \(\d| (?:is|was) )")]
    private static partial Regex Option();
}
