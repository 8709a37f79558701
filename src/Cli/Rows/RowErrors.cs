using System.Text.Json;
using System.Text.RegularExpressions;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Which errors say that a row is bad, and how they are told.</summary>
internal static partial class RowErrors
{
    /// <summary>Whether an error is a row's own fault.</summary>
    public static bool IsBadRow(Exception exception) => exception
        is RowException or JsonException or FormatException or InvalidDataException or NotSupportedException
        or ArgumentException or InvalidOperationException or ArithmeticException;

    /// <summary>What is wrong with the row.</summary>
    public static string Describe(Exception exception) => exception is JsonException
        ? $"The line is no JSON: {JsonErrors.DescribeLine(exception)}"
        : Ending().Replace(exception.Message, "").Replace(", or use ChatTemplate.Parse", "", StringComparison.Ordinal);

    /// <summary>Tells how many rows were no rows.</summary>
    /// <param name="streams">Where people read.</param>
    /// <param name="errors">How many.</param>
    /// <param name="fate">What became of them.</param>
    public static void Tell(Streams streams, long errors, string fate)
    {
        if (errors > 0)
            streams.Errors.WriteLine(FormattableString.Invariant(
                $"{errors} {(errors == 1 ? "row holds" : "rows hold")} the error of an earlier command, and {(errors == 1 ? "was" : "were")} {fate}."));
    }

    // What the library says of the first row of a call, and of a parameter, means nothing to the reader of a line.
    [GeneratedRegex(@"^Row 0: | \(Parameter '\w+'\)$")]
    private static partial Regex Ending();
}
