using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MLNetAttn.Experiments;

/// <summary>What the values of the command line must be.</summary>
internal static partial class OptionRules
{
    /// <summary>What names a device.</summary>
    public const string Devices = "cpu, cuda, or cuda:1 and so on";

    /// <summary>Refuses smaller numbers.</summary>
    public static Option<T> AtLeast<T>(this Option<T> option, int least)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>() is int value && value < least)
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {value}, expected {least} or more."));
        });
        return option;
    }

    /// <summary>Refuses what names no device; whether the machine has it, runs find out.</summary>
    public static void IsDevice(this Option<string> option) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && !Device().IsMatch(token.Value)) result.AddError($"{option.Name} is {token.Value}, expected {Devices}.");
    });

    /// <summary>A mistake in words: the parser's own names .NET types.</summary>
    public static string Text(ParseError error)
    {
        // What cannot be read is an error of the option's value, which is its child.
        if ((error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent) is not OptionResult { Tokens: [var token], Option: var option }
            || !error.Message.Contains("expected type", StringComparison.Ordinal))
            return error.Message;
        Type type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        string expected = type.IsEnum ? string.Join(", ", Enum.GetNames(type))
            : type == typeof(bool) ? "true or false"
            : type == typeof(int) ? "a whole number"
            : "a number";
        return $"{option.Name} is {token.Value}, expected {expected}.";
    }

    [GeneratedRegex(@"^(cpu|cuda(:\d+)?)$")]
    private static partial Regex Device();
}
