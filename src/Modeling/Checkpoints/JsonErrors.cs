using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>What System.Text.Json says of bytes that are no JSON, its place counted from 1, as editors count.</summary>
internal static class JsonErrors
{
    /// <summary>The message of a parser's exception, without any other's place.</summary>
    public static string Describe(Exception exception)
    {
        int place = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place >= 0 && exception is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
            ? FormattableString.Invariant($"{exception.Message[..place]} Line {line + 1}, byte {position + 1}.")
            : exception.Message;
    }
}
