using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNetAttn.Cli;

/// <summary>Says what the library says of options and their values, which have C# names there, in the words of a configuration. What stands in quotes is
/// somebody's own: a file, a column.</summary>
internal sealed partial class ConfigWording
{
    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal), _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <param name="type">The type of the configuration.</param>
    public ConfigWording(Type type)
    {
        (string Path, string Name, Type Type)[] all = [.. ConfigNames.All(type)];
        foreach ((_, string name, Type held) in all)
        {
            _names.Add(name);
            if ((Nullable.GetUnderlyingType(held) ?? held) is { IsEnum: true } values)
                foreach (string value in Enum.GetNames(values)) _values.TryAdd(value, Snake(value));
        }
        // The place nearest to the root is meant where several parts have an option of a name.
        foreach ((string path, string name, _) in all
            .Where(known => known.Path.StartsWith("options.", StringComparison.Ordinal))
            .OrderBy(known => known.Path.Count(letter => letter == '.')))
        {
            _places.TryAdd(path["options.".Length..], path);
            _places.TryAdd(name, path);
        }
    }

    /// <summary>A message of the library: options have their paths.</summary>
    public static string Of(TrainConfig config, string message) => new ConfigWording(config.GetType()).Message(message);

    /// <summary>The same for several messages.</summary>
    public string Message(string message) => Word().Replace(message, word => word.Value switch
    {
        "OutputFolder" => "\"output\"",
        "Set Resume" => "Add --resume",
        ['\'', ..] => word.Value,
        ['"', .. var inner, '"'] => $"\"{_values.GetValueOrDefault(inner, inner)}\"",
        _ when word.Value.AsSpan(1).IndexOfAnyInRange('A', 'Z') < 0 && !IsCode(message, word) => word.Value,
        _ => _places.GetValueOrDefault(Snake(word.Value)) ?? Value(word.Value),
    });

    /// <summary>What is said of one option, beside others: they have their names alone.</summary>
    public string Part(string text) => Word().Replace(text, word => word.Value switch
    {
        ['\'', ..] or ['"', ..] => word.Value,
        _ => Snake(word.Value) is var name && _names.Contains(name) ? name : Value(word.Value),
    });

    /// <summary>A value of an enumeration.</summary>
    public static string Of(Enum value) => Snake(value.ToString());

    /// <summary>A name of C#, or several with dots.</summary>
    public static string Snake(string name) => string.Join('.', name.Split('.').Select(JsonNamingPolicy.SnakeCaseLower.ConvertName));

    private string Value(string word) => word is "True" or "False" ? word.ToLowerInvariant() : _values.GetValueOrDefault(word, word);

    // A single word may be one of the language's own, unless it has a capital within a sentence, or is said to be something.
    private static bool IsCode(string message, Match word) =>
        (word.Index > 1 && message[word.Index - 1] == ' ' && (char.IsLetterOrDigit(message[word.Index - 2]) || message[word.Index - 2] is ',' or ';' or '='))
        || (word.Index > 0 && message[word.Index - 1] == '(')
        || Said().IsMatch(message.AsSpan(word.Index + word.Length));

    [GeneratedRegex(@"(?<!\w)'[^']*'(?!\w)|""[^""\n]*""|Set Resume\b|\b[A-Z]\w*(?:\.[A-Z]\w*)*")]
    private static partial Regex Word();

    [GeneratedRegex(@"^(?: \(\d| (?:is|was|asks) )")]
    private static partial Regex Said();
}
