using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Upper, lower and title case as Python has them: by Unicode's full mappings, where .NET maps one character to one.</summary>
internal static class PythonCase
{
    // A character and what it becomes, where that is more than one character: Unicode's SpecialCasing, without its conditions.
    private const string UpperData =
        "\u00DFSS \u0149\u02BCN \u01F0J\u030C \u0390\u0399\u0308\u0301 \u03B0\u03A5\u0308\u0301 \u0587\u0535\u0552 \u1E96H\u0331 \u1E97T\u0308 \u1E98W\u030A \u1E99Y\u030A \u1E9AA\u02BE \u1F50\u03A5\u0313 \u1F52\u03A5\u0313\u0300 \u1F54\u03A5\u0313\u0301 \u1F56\u03A5\u0313\u0342 \u1F80\u1F08\u0399 \u1F81\u1F09\u0399 \u1F82\u1F0A\u0399 \u1F83\u1F0B\u0399 \u1F84\u1F0C\u0399 " +
        "\u1F85\u1F0D\u0399 \u1F86\u1F0E\u0399 \u1F87\u1F0F\u0399 \u1F88\u1F08\u0399 \u1F89\u1F09\u0399 \u1F8A\u1F0A\u0399 \u1F8B\u1F0B\u0399 \u1F8C\u1F0C\u0399 \u1F8D\u1F0D\u0399 \u1F8E\u1F0E\u0399 \u1F8F\u1F0F\u0399 \u1F90\u1F28\u0399 \u1F91\u1F29\u0399 \u1F92\u1F2A\u0399 \u1F93\u1F2B\u0399 \u1F94\u1F2C\u0399 \u1F95\u1F2D\u0399 \u1F96\u1F2E\u0399 \u1F97\u1F2F\u0399 \u1F98\u1F28\u0399 " +
        "\u1F99\u1F29\u0399 \u1F9A\u1F2A\u0399 \u1F9B\u1F2B\u0399 \u1F9C\u1F2C\u0399 \u1F9D\u1F2D\u0399 \u1F9E\u1F2E\u0399 \u1F9F\u1F2F\u0399 \u1FA0\u1F68\u0399 \u1FA1\u1F69\u0399 \u1FA2\u1F6A\u0399 \u1FA3\u1F6B\u0399 \u1FA4\u1F6C\u0399 \u1FA5\u1F6D\u0399 \u1FA6\u1F6E\u0399 \u1FA7\u1F6F\u0399 \u1FA8\u1F68\u0399 \u1FA9\u1F69\u0399 \u1FAA\u1F6A\u0399 \u1FAB\u1F6B\u0399 \u1FAC\u1F6C\u0399 " +
        "\u1FAD\u1F6D\u0399 \u1FAE\u1F6E\u0399 \u1FAF\u1F6F\u0399 \u1FB2\u1FBA\u0399 \u1FB3\u0391\u0399 \u1FB4\u0386\u0399 \u1FB6\u0391\u0342 \u1FB7\u0391\u0342\u0399 \u1FBC\u0391\u0399 \u1FC2\u1FCA\u0399 \u1FC3\u0397\u0399 \u1FC4\u0389\u0399 \u1FC6\u0397\u0342 \u1FC7\u0397\u0342\u0399 \u1FCC\u0397\u0399 \u1FD2\u0399\u0308\u0300 \u1FD3\u0399\u0308\u0301 \u1FD6\u0399\u0342 \u1FD7\u0399\u0308\u0342 \u1FE2\u03A5\u0308\u0300 " +
        "\u1FE3\u03A5\u0308\u0301 \u1FE4\u03A1\u0313 \u1FE6\u03A5\u0342 \u1FE7\u03A5\u0308\u0342 \u1FF2\u1FFA\u0399 \u1FF3\u03A9\u0399 \u1FF4\u038F\u0399 \u1FF6\u03A9\u0342 \u1FF7\u03A9\u0342\u0399 \u1FFC\u03A9\u0399 \uFB00FF \uFB01FI \uFB02FL \uFB03FFI \uFB04FFL \uFB05ST \uFB06ST \uFB13\u0544\u0546 \uFB14\u0544\u0535 \uFB15\u0544\u053B " +
        "\uFB16\u054E\u0546 \uFB17\u0544\u053D";

    private const string TitleData =
        "\u00DFSs \u0587\u0535\u0582 \u1FB2\u1FBA\u0345 \u1FB4\u0386\u0345 \u1FB7\u0391\u0342\u0345 \u1FC2\u1FCA\u0345 \u1FC4\u0389\u0345 \u1FC7\u0397\u0342\u0345 \u1FF2\u1FFA\u0345 \u1FF4\u038F\u0345 \u1FF7\u03A9\u0342\u0345 \uFB00Ff \uFB01Fi \uFB02Fl \uFB03Ffi \uFB04Ffl \uFB05St \uFB06St \uFB13\u0544\u0576 \uFB14\u0544\u0565 " +
        "\uFB15\u0544\u056B \uFB16\u054E\u0576 \uFB17\u0544\u056D";

    private const string MiddleOfWord = ".':\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    private static readonly FrozenDictionary<string, string> Uppers = Table(UpperData);
    private static readonly FrozenDictionary<string, string> Titles = Table(TitleData);

    /// <summary><c>text.upper()</c></summary>
    public static string Upper(string text) => Ascii.IsValid(text) ? text.ToUpperInvariant() : string.Concat(PythonText.CodePoints(text).Select(UpperOf));

    /// <summary><c>text.lower()</c></summary>
    public static string Lower(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : Join(text, (codePoints, index) => LowerOf(codePoints, index));

    /// <summary><c>text.capitalize()</c></summary>
    public static string Capitalize(string text) => Join(text, (codePoints, index) => index == 0 ? TitleOf(codePoints[0]) : LowerOf(codePoints, index));

    /// <summary><c>text.title()</c></summary>
    public static string Title(string text) => Join(text, (codePoints, index) => index > 0 && IsCased(codePoints[index - 1]) ? LowerOf(codePoints, index) : TitleOf(codePoints[index]));

    /// <summary><c>text.swapcase()</c></summary>
    public static string Swap(string text) => Join(text, (codePoints, index) => IsUpper(codePoints[index]) ? LowerOf(codePoints, index) : IsLower(codePoints[index]) ? UpperOf(codePoints[index]) : codePoints[index]);

    /// <summary><c>text.isupper()</c></summary>
    public static bool IsUpperText(string text) => PythonText.CodePoints(text).Any(IsUpper) && !PythonText.CodePoints(text).Any(point => IsLower(point) || IsTitle(point));

    /// <summary><c>text.islower()</c></summary>
    public static bool IsLowerText(string text) => PythonText.CodePoints(text).Any(IsLower) && !PythonText.CodePoints(text).Any(point => IsUpper(point) || IsTitle(point));

    /// <summary><c>text.istitle()</c></summary>
    public static bool IsTitleText(string text)
    {
        (bool afterCased, bool any) = (false, false);
        foreach (string point in PythonText.CodePoints(text))
        {
            bool capital = IsUpper(point) || IsTitle(point);
            if (capital ? afterCased : IsLower(point) && !afterCased)
                return false;
            afterCased = capital || IsLower(point);
            any |= afterCased;
        }
        return any;
    }

    private static string Join(string text, Func<string[], int, string> map)
    {
        string[] codePoints = [.. PythonText.CodePoints(text)];
        return string.Concat(codePoints.Select((_, index) => map(codePoints, index)));
    }

    private static string UpperOf(string codePoint) => Uppers.GetValueOrDefault(codePoint) ?? Simple(codePoint, Rune.ToUpperInvariant);

    private static string LowerOf(string[] codePoints, int index) => codePoints[index] switch
    {
        "\u0130" => "i\u0307",
        "\u03A3" => EndsWord(codePoints, index) ? "\u03C2" : "\u03C3",
        _ => Simple(codePoints[index], Rune.ToLowerInvariant),
    };

    private static string TitleOf(string codePoint)
    {
        if (Titles.TryGetValue(codePoint, out string? title))
            return title;
        int code = PythonText.CodeOf(codePoint);
        string upper = Simple(codePoint, Rune.ToUpperInvariant);
        return code switch
        {
            >= 0x1C4 and <= 0x1CC => ((char)(0x1C5 + (code - 0x1C4) / 3 * 3)).ToString(),
            >= 0x1F1 and <= 0x1F3 => "\u01F2",
            // Georgian has capitals, but begins no word with them.
            >= 0x10D0 and <= 0x10FF => codePoint,
            _ => IsTitle(upper) ? upper : UpperOf(codePoint),
        };
    }

    /// <summary>Whether a sigma here is a final one: a letter before it and none after, apart from marks and the like.</summary>
    private static bool EndsWord(string[] codePoints, int index) =>
        IsCased(codePoints[..index].LastOrDefault(point => !IsIgnored(point)) ?? "") && !IsCased(codePoints[(index + 1)..].FirstOrDefault(point => !IsIgnored(point)) ?? "");

    private static bool IsIgnored(string codePoint) => MiddleOfWord.Contains(codePoint, StringComparison.Ordinal) || PythonText.CategoryOf(codePoint) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private static bool IsCased(string codePoint) => codePoint.Length > 0 && (IsUpper(codePoint) || IsLower(codePoint) || IsTitle(codePoint));

    private static bool IsUpper(string codePoint) => PythonText.CategoryOf(codePoint) == UnicodeCategory.UppercaseLetter ||
        PythonText.CodeOf(codePoint) is >= 0x2160 and <= 0x216F or >= 0x24B6 and <= 0x24CF or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189;

    private static bool IsTitle(string codePoint) => PythonText.CategoryOf(codePoint) == UnicodeCategory.TitlecaseLetter;

    private static bool IsLower(string codePoint) => PythonText.CategoryOf(codePoint) == UnicodeCategory.LowercaseLetter ||
        PythonText.CodeOf(codePoint) is 0xAA or 0xBA or >= 0x2170 and <= 0x217F or >= 0x24D0 and <= 0x24E9;

    private static string Simple(string codePoint, Func<Rune, Rune> map) => Rune.TryGetRuneAt(codePoint, 0, out Rune rune) ? map(rune).ToString() : codePoint;

    private static FrozenDictionary<string, string> Table(string data) => data.Split(' ').ToFrozenDictionary(entry => entry[..1], entry => entry[1..]);
}
