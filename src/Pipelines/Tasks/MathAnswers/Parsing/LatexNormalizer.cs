using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

/// <summary>Brings the ways in which people and models write LaTeX to the one that the parser reads: delimiters without sizes, words for styles, no units,
/// braces around arguments.</summary>
internal static partial class LatexNormalizer
{
    private const string Fraction = "\\frac";
    private const string Root = "\\sqrt";

    private static readonly FrozenDictionary<string, string> Replacements = new Dictionary<string, string>
    {
        ["style"] = "\\text",
        ["fraction"] = Fraction,
        ["point"] = " 0.",
        ["bracedpoint"] = "{0.",
        ["approximately"] = "\\approx",
        ["comma"] = ",",
        ["and"] = ",",
        ["space"] = " ",
        ["infinity"] = "\\infty",
        ["dots"] = " ",
        ["percent"] = "\\%",
        ["percenttext"] = "%",
        ["root"] = Root,
    }.ToFrozenDictionary();

    /// <summary>The formula in the parser's spelling.</summary>
    public static string Normalize(string text)
    {
        text = text.Replace("\\mathrm{T}", "T", StringComparison.Ordinal).Replace("\\mathrm{d}", "d", StringComparison.Ordinal);
        text = text
            .Replace("\\left[\\begin{matrix}", "\\begin{bmatrix}", StringComparison.Ordinal)
            .Replace("\\end{matrix}\\right]", "\\end{bmatrix}", StringComparison.Ordinal);
        text = Sizes.Replace(text, "");
        text = Removed.Replace(text, "");
        text = Spellings.Replace(text, match => Replacements[match.Groups.Cast<Group>().Last(group => group.Success && group.Name.Length > 1).Name]);
        text = text.Replace('\n', ' ').Replace('\t', ' ');
        if (!text.Contains("matrix", StringComparison.Ordinal))
            text = DoubledBackslash.Replace(text, "\\");
        text = UnitWords.Remove(text);
        if (text.StartsWith('.'))
            text = "0" + text;
        if (text == "0.5")
            text = "\\frac{1}{2}";
        return SlashFraction(Fractions(Roots(Operators(text)))).Trim();
    }

    // Arguments in parentheses, and single digits without braces.
    private static string Operators(string text)
    {
        text = ParenthesisedExponent.Replace(text, "^{$1}");
        text = ParenthesisedRoot.Replace(text, "\\sqrt{$1}");
        text = DigitsFraction.Replace(text, "\\frac{$1}{$2}");
        text = DigitsLogarithm.Replace(text, "\\log_{$1}{$2}");
        text = DigitBelow.Replace(text, "\\frac{$1}{$2}");
        text = DigitAbove.Replace(text, "\\frac{$1}{$2}");
        return DigitRoot.Replace(text, "\\sqrt{$1}");
    }

    private static string Roots(string text)
    {
        string[] parts = text.Split(Root);
        for (int index = 1; index < parts.Length; index++)
        {
            string part = parts[index].TrimStart();
            parts[index] = part.Length > 0 && part[0] is not ('{' or '[') ? $"{{{part[0]}}}{part[1..]}" : part;
        }
        return string.Join(Root, parts);
    }

    // \frac a b, \frac a{b}
    private static string Fractions(string text)
    {
        string[] parts = text.Split(Fraction);
        for (int index = 1; index < parts.Length; index++)
        {
            string part = parts[index].TrimStart();
            if (part.StartsWith('{'))
                parts[index] = part;
            else if (part.Length < 2)
                return text;
            else
                parts[index] = part[1] == '{' ? $"{{{part[0]}}}{part[1..]}" : $"{{{part[0]}}}{{{part[1]}}}{part[2..]}";
        }
        return string.Join(Fraction, parts);
    }

    private static string SlashFraction(string text) =>
        WholeSlash.Match(text) is { Success: true } match
            ? $"\\frac{{{match.Groups[1].Value}}}{{{match.Groups[2].Value}}}"
            : text;

    [GeneratedRegex(@"\\m?(?:left|right)(?=\\[{}|]|[{}|\[\]()]|\\(?:[lr]?(?:vert|brace|brack|group|ceil|floor|angle)|[lu][lr]corner)(?![a-zA-Z]))")]
    private static partial Regex Sizes { get; }

    [GeneratedRegex(@"\\mathrm\{th\}|\\!\s*|\\text\s*\{\s*\}|\\\$|\$|(?<!\\)[""']|\\displaystyle")]
    private static partial Regex Removed { get; }

    // The first alternative that matches wins: percentage before percent.
    [GeneratedRegex(
        @"(?<style>\\(?:math(?:rm|it|bf)|text(?:normal|bf|it|rm)))|(?<fraction>\\[dtc]frac)|(?<point>\s\.)|(?<bracedpoint>\{\.)|(?<approximately>~=)|(?<comma>\s*\{\s*,\s*\})"
        + @"|(?<and>(?<![a-zA-Z]),?\s*(?:and|or)(?![a-zA-Z])|,?\s*\\text\{\s*(?:and|or)\s*\})|(?<space>(?<!\\)\\\s)|(?<infinity>infinity)|(?<dots>,?\\ldots)"
        + @"|(?<percent>\s*\bpercentage\b)|(?<percenttext>\\text\{percentage\})|(?<percent>\s*\bpercent\b)|(?<percenttext>\\text\{percent\})|(?<percent>\s*\bpct\b)|(?<percenttext>\\text\{pct\})"
        + @"|(?<infinity>(?<!\\)inf(?!inity))|(?<root> sqrt)")]
    private static partial Regex Spellings { get; }

    [GeneratedRegex(@"\\\\(?=[a-zA-Z])")]
    private static partial Regex DoubledBackslash { get; }

    [GeneratedRegex(@"\^\s?\(([^\n]*?)\)")]
    private static partial Regex ParenthesisedExponent { get; }

    [GeneratedRegex(@"\\?sqrt\s?\(([^\n]*?)\)")]
    private static partial Regex ParenthesisedRoot { get; }

    [GeneratedRegex(@"\\frac\s?([0-9])\s?([0-9]+)")]
    private static partial Regex DigitsFraction { get; }

    [GeneratedRegex(@"\\log_\s?([0-9])\s?([0-9]+)")]
    private static partial Regex DigitsLogarithm { get; }

    [GeneratedRegex(@"\\frac\s?\{([^\n]*?)\}\s?([0-9])")]
    private static partial Regex DigitBelow { get; }

    [GeneratedRegex(@"\\frac\s?([0-9])\s?\{([^\n]*?)\}")]
    private static partial Regex DigitAbove { get; }

    [GeneratedRegex(@"\\sqrt\s?([0-9])")]
    private static partial Regex DigitRoot { get; }

    [GeneratedRegex(@"^(-?[0-9]+)/(-?[0-9]+)$")]
    private static partial Regex WholeSlash { get; }
}
