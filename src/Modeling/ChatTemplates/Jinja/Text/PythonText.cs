using System.Globalization;

namespace MLNetAttn.Modeling;

/// <summary>What Python's <c>str</c> knows about characters.</summary>
internal static class PythonText
{
    /// <summary><c>str.isspace</c>: .NET's white space and the four separators of ASCII.</summary>
    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\u001C' and <= '\u001F';

    /// <summary>Where <c>str.splitlines</c> splits.</summary>
    public static bool IsLineBreak(char unit) => unit is >= '\n' and <= '\r' or >= '\u001C' and <= '\u001E' or '\u0085' or '\u2028' or '\u2029';

    /// <summary><c>text.strip(characters)</c>, or its halves; null = white space.</summary>
    public static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text, string? characters = null, bool left = true, bool right = true)
    {
        Predicate<ReadOnlySpan<char>> strips = StripsAny(characters);
        while (left && text.Length > 0)
        {
            CodePoint.At(text, 0, out int length);
            if (!strips(text[..length]))
                break;
            text = text[length..];
        }
        while (right && text.Length > 0)
        {
            int length = CodePoint.LengthBefore(text, text.Length);
            if (!strips(text[^length..]))
                break;
            text = text[..^length];
        }
        return text;
    }

    /// <summary><c>text.splitlines(keepends)</c></summary>
    public static IEnumerable<string> Lines(string text, bool keepEnds = false)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !IsLineBreak(text[end]))
                end++;
            int next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            yield return text[start..(keepEnds ? next : end)];
            start = next;
        }
    }

    /// <summary>The code points of a text; halves of surrogate pairs that stand alone count as one each.</summary>
    public static IEnumerable<string> CodePoints(string text)
    {
        for (int offset = 0, length; offset < text.Length; offset += length)
        {
            CodePoint.At(text, offset, out length);
            yield return text.Substring(offset, length);
        }
    }

    /// <summary>Compares by code points, which UTF-16 units order differently beyond U+FFFF.</summary>
    public static int Compare(string left, string right)
    {
        int length = left.AsSpan().CommonPrefixLength(right);
        if (length == left.Length || length == right.Length)
            return left.Length.CompareTo(right.Length);
        (char one, char other) = (left[length], right[length]);
        return char.IsSurrogate(one) == char.IsSurrogate(other) ? one.CompareTo(other) : char.IsSurrogate(one) ? 1 : -1;
    }

    /// <summary><c>repr(text)</c></summary>
    public static void WriteRepr(JinjaWriter writer, string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        writer.Append(quote);
        foreach (string codePoint in CodePoints(text))
        {
            writer.State.Read(JinjaState.ItemSpace);
            writer.Append(codePoint[0] == quote || codePoint == "\\" ? $"\\{codePoint}" : codePoint switch
            {
                "\n" => "\\n",
                "\r" => "\\r",
                "\t" => "\\t",
                _ => IsPrintable(codePoint) ? codePoint : Escape(CodeOf(codePoint)),
            });
        }
        writer.Append(quote);
    }

    /// <summary>The number of a code point; of half a surrogate pair its own.</summary>
    public static int CodeOf(string codePoint) => codePoint.Length == 2 ? char.ConvertToUtf32(codePoint, 0) : codePoint[0];

    /// <summary><c>str.isalnum</c> of one code point.</summary>
    public static bool IsAlphanumeric(string codePoint) => IsAlphabetic(codePoint) || CharUnicodeInfo.GetNumericValue(codePoint, 0) >= 0;

    /// <summary><c>str.isalpha</c> of one code point.</summary>
    public static bool IsAlphabetic(string codePoint) => CategoryOf(codePoint) <= UnicodeCategory.OtherLetter;

    public static UnicodeCategory CategoryOf(string codePoint) => CharUnicodeInfo.GetUnicodeCategory(CodeOf(codePoint));

    /// <summary>Text as HTML shows it.</summary>
    public static void WriteEscaped(JinjaWriter writer, string text)
    {
        foreach (char unit in text)
            writer.Append(unit switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&#34;",
                '\'' => "&#39;",
                _ => [unit],
            });
    }

    private static Predicate<ReadOnlySpan<char>> StripsAny(string? characters)
    {
        if (characters is null)
            return codePoint => codePoint.Length == 1 && IsSpace(codePoint[0]);
        if (characters.Length == 1)
            return codePoint => codePoint.Length == 1 && codePoint[0] == characters[0];
        HashSet<string> any = [.. CodePoints(characters)];
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = any.GetAlternateLookup<ReadOnlySpan<char>>();
        return lookup.Contains;
    }

    private static bool IsPrintable(string codePoint) => codePoint == " " || CategoryOf(codePoint) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or
        UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static string Escape(int code) => code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}";
}
