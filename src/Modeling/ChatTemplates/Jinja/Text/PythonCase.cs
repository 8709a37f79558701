using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Upper, lower and title case as Python has them: by Unicode's full mappings, where .NET maps one character to one.</summary>
internal static class PythonCase
{
    // A character and what it becomes, where that is more than one character: Unicode's SpecialCasing, without its conditions.
    private const string UpperData =
        "\u00DFSS \u0149\u02BCN \u01F0J\u030C \u0390\u0399\u0308\u0301 \u03B0\u03A5\u0308\u0301 \u0587\u0535\u0552 \u1E96H\u0331 \u1E97T\u0308 " +
        "\u1E98W\u030A \u1E99Y\u030A \u1E9AA\u02BE \u1F50\u03A5\u0313 \u1F52\u03A5\u0313\u0300 \u1F54\u03A5\u0313\u0301 \u1F56\u03A5\u0313\u0342 " +
        "\u1F80\u1F08\u0399 \u1F81\u1F09\u0399 \u1F82\u1F0A\u0399 \u1F83\u1F0B\u0399 \u1F84\u1F0C\u0399 \u1F85\u1F0D\u0399 \u1F86\u1F0E\u0399 " +
        "\u1F87\u1F0F\u0399 \u1F88\u1F08\u0399 \u1F89\u1F09\u0399 \u1F8A\u1F0A\u0399 \u1F8B\u1F0B\u0399 \u1F8C\u1F0C\u0399 \u1F8D\u1F0D\u0399 " +
        "\u1F8E\u1F0E\u0399 \u1F8F\u1F0F\u0399 \u1F90\u1F28\u0399 \u1F91\u1F29\u0399 \u1F92\u1F2A\u0399 \u1F93\u1F2B\u0399 \u1F94\u1F2C\u0399 " +
        "\u1F95\u1F2D\u0399 \u1F96\u1F2E\u0399 \u1F97\u1F2F\u0399 \u1F98\u1F28\u0399 \u1F99\u1F29\u0399 \u1F9A\u1F2A\u0399 \u1F9B\u1F2B\u0399 " +
        "\u1F9C\u1F2C\u0399 \u1F9D\u1F2D\u0399 \u1F9E\u1F2E\u0399 \u1F9F\u1F2F\u0399 \u1FA0\u1F68\u0399 \u1FA1\u1F69\u0399 \u1FA2\u1F6A\u0399 " +
        "\u1FA3\u1F6B\u0399 \u1FA4\u1F6C\u0399 \u1FA5\u1F6D\u0399 \u1FA6\u1F6E\u0399 \u1FA7\u1F6F\u0399 \u1FA8\u1F68\u0399 \u1FA9\u1F69\u0399 " +
        "\u1FAA\u1F6A\u0399 \u1FAB\u1F6B\u0399 \u1FAC\u1F6C\u0399 \u1FAD\u1F6D\u0399 \u1FAE\u1F6E\u0399 \u1FAF\u1F6F\u0399 \u1FB2\u1FBA\u0399 " +
        "\u1FB3\u0391\u0399 \u1FB4\u0386\u0399 \u1FB6\u0391\u0342 \u1FB7\u0391\u0342\u0399 \u1FBC\u0391\u0399 \u1FC2\u1FCA\u0399 \u1FC3\u0397\u0399 " +
        "\u1FC4\u0389\u0399 \u1FC6\u0397\u0342 \u1FC7\u0397\u0342\u0399 \u1FCC\u0397\u0399 \u1FD2\u0399\u0308\u0300 \u1FD3\u0399\u0308\u0301 " +
        "\u1FD6\u0399\u0342 \u1FD7\u0399\u0308\u0342 \u1FE2\u03A5\u0308\u0300 \u1FE3\u03A5\u0308\u0301 \u1FE4\u03A1\u0313 \u1FE6\u03A5\u0342 " +
        "\u1FE7\u03A5\u0308\u0342 \u1FF2\u1FFA\u0399 \u1FF3\u03A9\u0399 \u1FF4\u038F\u0399 \u1FF6\u03A9\u0342 \u1FF7\u03A9\u0342\u0399 " +
        "\u1FFC\u03A9\u0399 \uFB00FF \uFB01FI \uFB02FL \uFB03FFI \uFB04FFL \uFB05ST \uFB06ST \uFB13\u0544\u0546 \uFB14\u0544\u0535 " +
        "\uFB15\u0544\u053B \uFB16\u054E\u0546 \uFB17\u0544\u053D";

    private const string TitleData =
        "\u00DFSs \u0587\u0535\u0582 \u1FB2\u1FBA\u0345 \u1FB4\u0386\u0345 \u1FB7\u0391\u0342\u0345 \u1FC2\u1FCA\u0345 \u1FC4\u0389\u0345 " +
        "\u1FC7\u0397\u0342\u0345 \u1FF2\u1FFA\u0345 \u1FF4\u038F\u0345 \u1FF7\u03A9\u0342\u0345 \uFB00Ff \uFB01Fi \uFB02Fl \uFB03Ffi \uFB04Ffl " +
        "\uFB05St \uFB06St \uFB13\u0544\u0576 \uFB14\u0544\u0565 \uFB15\u0544\u056B \uFB16\u054E\u0576 \uFB17\u0544\u056D";

    private const string MiddleOfWord = ".':\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    private static readonly FrozenDictionary<char, string> Uppers = Table(UpperData);
    private static readonly FrozenDictionary<char, string> Titles = Table(TitleData);

    private delegate void Mapping(StringBuilder mapped, string text, int offset);

    /// <summary><c>text.upper()</c></summary>
    public static string Upper(string text) => Ascii.IsValid(text) ? text.ToUpperInvariant() : Map(text, AppendUpper);

    /// <summary><c>text.lower()</c></summary>
    public static string Lower(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : Map(text, AppendLower);

    /// <summary><c>text.capitalize()</c></summary>
    public static string Capitalize(string text) => Map(text, (mapped, text, offset) =>
    {
        if (offset == 0)
            AppendTitle(mapped, text, offset);
        else
            AppendLower(mapped, text, offset);
    });

    /// <summary><c>text.title()</c></summary>
    public static string Title(string text)
    {
        bool isInside = false;
        return Map(text, (mapped, text, offset) =>
        {
            if (isInside)
                AppendLower(mapped, text, offset);
            else
                AppendTitle(mapped, text, offset);
            isInside = IsCased(text, offset);
        });
    }

    /// <summary><c>text.swapcase()</c></summary>
    public static string Swap(string text) => Map(text, (mapped, text, offset) =>
    {
        if (IsUpper(text, offset))
            AppendLower(mapped, text, offset);
        else if (IsLower(text, offset))
            AppendUpper(mapped, text, offset);
        else
            mapped.Append(text, offset, PythonText.LengthAt(text, offset));
    });

    /// <summary><c>text.isupper()</c></summary>
    public static bool IsUpperText(string text) => IsCasedText(text, IsUpper);

    /// <summary><c>text.islower()</c></summary>
    public static bool IsLowerText(string text) => IsCasedText(text, IsLower);

    /// <summary><c>text.istitle()</c></summary>
    public static bool IsTitleText(string text)
    {
        (bool isInside, bool any) = (false, false);
        foreach (int offset in PythonText.Offsets(text))
        {
            bool isCapital = IsUpper(text, offset) || IsTitle(text, offset);
            if (isCapital ? isInside : IsLower(text, offset) && !isInside)
                return false;
            isInside = isCapital || IsLower(text, offset);
            any |= isInside;
        }
        return any;
    }

    private static bool IsCasedText(string text, Func<string, int, bool> isOfTheCase)
    {
        bool any = false;
        foreach (int offset in PythonText.Offsets(text))
        {
            bool fits = isOfTheCase(text, offset);
            if (!fits && IsCased(text, offset))
                return false;
            any |= fits;
        }
        return any;
    }

    private static string Map(string text, Mapping append)
    {
        StringBuilder mapped = new(text.Length);
        foreach (int offset in PythonText.Offsets(text))
            append(mapped, text, offset);
        return mapped.ToString();
    }

    private static void AppendUpper(StringBuilder mapped, string text, int offset)
    {
        if (Uppers.TryGetValue(text[offset], out string? upper))
            mapped.Append(upper);
        else
            Append(mapped, text, offset, Rune.ToUpperInvariant);
    }

    private static void AppendLower(StringBuilder mapped, string text, int offset)
    {
        if (text[offset] == '\u0130')
            mapped.Append("i\u0307");
        else if (text[offset] == '\u03A3')
            mapped.Append(EndsWord(text, offset) ? '\u03C2' : '\u03C3');
        else
            Append(mapped, text, offset, Rune.ToLowerInvariant);
    }

    private static void AppendTitle(StringBuilder mapped, string text, int offset)
    {
        char unit = text[offset];
        if (Titles.TryGetValue(unit, out string? title))
            mapped.Append(title);
        else if (unit is (>= '\u01C4' and <= '\u01CC') or (>= '\u01F1' and <= '\u01F3'))
            mapped.Append((char)(unit < '\u01F1' ? '\u01C5' + (unit - '\u01C4') / 3 * 3 : '\u01F2'));
        // Georgian has capitals, but begins no word with them.
        else if (unit is >= '\u10D0' and <= '\u10FF')
            mapped.Append(unit);
        else if (Rune.TryGetRuneAt(text, offset, out Rune rune) && Rune.GetUnicodeCategory(Rune.ToUpperInvariant(rune)) == UnicodeCategory.TitlecaseLetter)
            mapped.Append(Rune.ToUpperInvariant(rune).ToString());
        else
            AppendUpper(mapped, text, offset);
    }

    private static void Append(StringBuilder mapped, string text, int offset, Func<Rune, Rune> map)
    {
        if (!Rune.TryGetRuneAt(text, offset, out Rune rune))
        {
            mapped.Append(text[offset]);
            return;
        }
        Span<char> units = stackalloc char[2];
        mapped.Append(units[..map(rune).EncodeToUtf16(units)]);
    }

    /// <summary>Whether a sigma here is a final one: a letter before it and none after, apart from marks and the like.</summary>
    private static bool EndsWord(string text, int offset)
    {
        int before = offset, after = offset + 1;
        do
            before -= before > 0 ? CodePoint.LengthBefore(text, before) : 1;
        while (before >= 0 && IsIgnored(text, before));
        while (after < text.Length && IsIgnored(text, after))
            after += PythonText.LengthAt(text, after);
        return before >= 0 && IsCased(text, before) && !(after < text.Length && IsCased(text, after));
    }

    private static bool IsIgnored(string text, int offset) =>
        MiddleOfWord.Contains(text[offset])
        || CharUnicodeInfo.GetUnicodeCategory(text, offset)
            is UnicodeCategory.NonSpacingMark
            or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter
            or UnicodeCategory.ModifierSymbol;

    private static bool IsCased(string text, int offset) => IsUpper(text, offset) || IsLower(text, offset) || IsTitle(text, offset);

    private static bool IsUpper(string text, int offset) => CharUnicodeInfo.GetUnicodeCategory(text, offset) switch
    {
        UnicodeCategory.UppercaseLetter => true,
        UnicodeCategory.LetterNumber => text[offset] is >= '\u2160' and <= '\u216F',
        UnicodeCategory.OtherSymbol => text[offset] is (>= '\u24B6' and <= '\u24CF') || IsUpperSymbol(text, offset),
        _ => false,
    };

    /// <summary>Capitals in squares and circles, U+1F130 to U+1F189.</summary>
    private static bool IsUpperSymbol(string text, int offset) => text[offset] == '\uD83C' &&
        text[offset + 1] is (>= '\uDD30' and <= '\uDD49') or (>= '\uDD50' and <= '\uDD69') or (>= '\uDD70' and <= '\uDD89');

    private static bool IsLower(string text, int offset) => CharUnicodeInfo.GetUnicodeCategory(text, offset) switch
    {
        UnicodeCategory.LowercaseLetter => true,
        UnicodeCategory.LetterNumber => text[offset] is >= '\u2170' and <= '\u217F',
        UnicodeCategory.OtherSymbol => text[offset] is >= '\u24D0' and <= '\u24E9',
        UnicodeCategory.OtherLetter => text[offset] is '\u00AA' or '\u00BA',
        UnicodeCategory.ModifierLetter => text[offset] is (>= '\u02B0' and <= '\u02B8') or '\u02C0' or '\u02C1' or (>= '\u02E0' and <= '\u02E4'),
        _ => false,
    };

    private static bool IsTitle(string text, int offset) => CharUnicodeInfo.GetUnicodeCategory(text, offset) == UnicodeCategory.TitlecaseLetter;

    private static FrozenDictionary<char, string> Table(string data) => data.Split(' ').ToFrozenDictionary(entry => entry[0], entry => entry[1..]);
}
