using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Says what the library says of its options, which have C# names there, in the names of a command's options.</summary>
internal static partial class OptionWording
{
    private static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["MinimumHorizon"] = "--min-horizon",
        ["MaximumHorizon"] = "--max-horizon",
        ["MaximumCacheBytes"] = "--max-cache-bytes",
        ["SamplesPerPrompt"] = "--samples",
        ["StopStrings"] = "--stop",
        ["IncludeStopString"] = "--include-stop",
        ["Strategy"] = "--credit",
    };

    /// <summary>A line for each option that is out of range.</summary>
    public static string Of(Command command, InvalidOptionsException exception) =>
        string.Join('\n', exception.Violations.Select(violation => $"{Of(command, violation.ToString())}."));

    /// <summary>The command as it is called.</summary>
    public static IEnumerable<string> Path(Command command) =>
        (command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Path(parent) : []).Append(command is RootCommand ? "mlnetattn" : command.Name);

    private static string Of(Command command, string message)
    {
        HashSet<string> known = [.. command.Options.Select(option => option.Name)];
        string said = Name().Replace(message, word =>
        {
            string name = word.Groups[1].Value, option = Others.GetValueOrDefault(name) ?? $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(name)}";
            return known.Contains(option) ? option : word.Value;
        });
        // On a command line it is a number that says so.
        return said.Replace("null for an open end", "0 for an open end", StringComparison.Ordinal);
    }

    // Options are named by words with a capital, those in options with theirs before them.
    [GeneratedRegex(@"\b(?:[A-Z]\w*\.)?([A-Z][a-z]+(?:[A-Z][a-z]*)*)\b")]
    private static partial Regex Name();
}
