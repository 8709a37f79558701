using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Unicode code points of UTF-16 text. A surrogate without its other half counts as U+FFFD, as it would in UTF-8.</summary>
internal static class CodePoint
{
    public const int Replacement = 0xFFFD;

    /// <summary>The code point that begins at an index, and how many UTF-16 units it takes (1 or 2).</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int length)
    {
        char unit = text[index];
        if (!char.IsSurrogate(unit))
        {
            length = 1;
            return unit;
        }
        if (char.IsHighSurrogate(unit) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(unit, text[index + 1]);
        }
        length = 1;
        return Replacement;
    }

    /// <summary>How many UTF-16 units the code point that ends before an index takes.</summary>
    public static int LengthBefore(ReadOnlySpan<char> text, int index) =>
        index >= 2 && char.IsLowSurrogate(text[index - 1]) && char.IsHighSurrogate(text[index - 2]) ? 2 : 1;

    /// <summary>The text with U+FFFD in the place of each surrogate that lacks its other half; the same text where there is none.</summary>
    public static string ReplaceLoneSurrogates(string text)
    {
        int first = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (first < 0)
            return text;
        char[]? replaced = null;
        for (int index = first; index < text.Length;)
        {
            if (At(text, index, out int length) == Replacement && text[index] != Replacement)
                (replaced ??= text.ToCharArray())[index] = (char)Replacement;
            index += length;
        }
        return replaced is null ? text : new string(replaced);
    }

    /// <summary>Writes a code point in UTF-8 and returns the number of bytes, at most 4.</summary>
    public static int EncodeUtf8(int codePoint, Span<byte> bytes) => new Rune(codePoint).EncodeToUtf8(bytes);
}
