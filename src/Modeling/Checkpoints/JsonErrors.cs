using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>What System.Text.Json says of a text that is not the JSON expected, its place counted from 1, as editors count.</summary>
internal static class JsonErrors
{
    /// <summary>Of a file: the message with the line and the byte in it.</summary>
    public static string Describe(Exception exception) => Describe(exception, inLine: false);

    /// <summary>Of a text that people know as one line: the message with the byte in it.</summary>
    public static string DescribeLine(Exception exception) => Describe(exception, inLine: true);

    private static string Describe(Exception exception, bool inLine)
    {
        int end = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (end < 0 || exception is not JsonException { LineNumber: { } line, BytePositionInLine: { } position }) return exception.Message;
        string place = inLine && line == 0 ? $"byte {position + 1}" : $"line {line + 1}, byte {position + 1}";
        return $"{exception.Message[..end].TrimEnd('|', ' ', '.')} ({place}).";
    }
}
