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

    /// <summary>Where the code points of a text begin; halves of surrogate pairs that stand alone count as one each.</summary>
    public static IEnumerable<int> Offsets(string text)
    {
        for (int offset = 0; offset < text.Length; offset += LengthAt(text, offset))
            yield return offset;
    }

    /// <summary>The number of UTF-16 units of the code point at an offset, 1 or 2.</summary>
    public static int LengthAt(string text, int offset) =>
        char.IsHighSurrogate(text[offset]) && offset + 1 < text.Length && char.IsLowSurrogate(text[offset + 1]) ? 2 : 1;

    /// <summary>The number of code points.</summary>
    public static int CountOf(string text) => text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Offsets(text).Count() : text.Length;

    /// <summary>Compares by code points, which UTF-16 units order differently beyond U+FFFF.</summary>
    public static int Compare(string left, string right)
    {
        int common = left.AsSpan().CommonPrefixLength(right);
        int start = common > 0 && char.IsHighSurrogate(left[common - 1]) ? common - 1 : common;
        int order = start < common ? CodeAt(left, start).CompareTo(CodeAt(right, start)) : 0;
        return order != 0 ? order
            : common < left.Length && common < right.Length ? CodeAt(left, common).CompareTo(CodeAt(right, common)) : left.Length.CompareTo(right.Length);
    }

    /// <summary><c>repr(text)</c></summary>
    public static void WriteRepr(JinjaWriter writer, string text)
    {
        writer.State.Step(text.Length / 8);
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        writer.Append(quote);
        foreach (int offset in Offsets(text))
            switch (text[offset])
            {
                case '\n':
                    writer.Append("\\n");
                    break;
                case '\r':
                    writer.Append("\\r");
                    break;
                case '\t':
                    writer.Append("\\t");
                    break;
                case var unit when unit == quote || unit == '\\':
                    writer.Append('\\').Append(unit);
                    break;
                case var _ when IsPrintable(text, offset):
                    writer.Append(text.AsSpan(offset, LengthAt(text, offset)));
                    break;
                default:
                    writer.Append(Escape(CodeAt(text, offset)));
                    break;
            }
        writer.Append(quote);
    }

    /// <summary><c>str.isalnum</c> of one code point.</summary>
    public static bool IsAlphanumeric(string text, int offset) => IsAlphabetic(text, offset) || CharUnicodeInfo.GetNumericValue(text, offset) >= 0;

    /// <summary><c>str.isalpha</c> of one code point.</summary>
    public static bool IsAlphabetic(string text, int offset) => CharUnicodeInfo.GetUnicodeCategory(text, offset) <= UnicodeCategory.OtherLetter;

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

    /// <summary>The code point at an offset; half a surrogate pair is one of its own.</summary>
    private static int CodeAt(string text, int offset) => LengthAt(text, offset) == 2 ? char.ConvertToUtf32(text, offset) : text[offset];

    private static Predicate<ReadOnlySpan<char>> StripsAny(string? characters)
    {
        if (characters is null)
            return codePoint => codePoint.Length == 1 && IsSpace(codePoint[0]);
        if (characters.Length == 1)
            return codePoint => codePoint.Length == 1 && codePoint[0] == characters[0];
        HashSet<string> any = [.. Offsets(characters).Select(offset => characters.Substring(offset, LengthAt(characters, offset)))];
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = any.GetAlternateLookup<ReadOnlySpan<char>>();
        return lookup.Contains;
    }

    private static bool IsPrintable(string text, int offset) => text[offset] == ' ' || CharUnicodeInfo.GetUnicodeCategory(text, offset) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or
        UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static string Escape(int code) => code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}";
}
