using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

/// <summary>A formula, or several that are joined by commas, "and" or "or".</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends, with the space that follows.</param>
/// <param name="Parts">What is between the delimiters, and whether a percent sign follows.</param>
internal sealed record FormulaMatch(int Start, int End, IReadOnlyList<(string Content, bool Percent)> Parts);

/// <summary>Finds formulas in text: $$…$$, \[…\], $…$, \(…\), [ … ] and bare \frac{a}{b}.</summary>
/// <param name="text">The text.</param>
internal sealed partial class FormulaScanner(string text)
{
    private const int MostParts = 6;

    /// <summary>All formulas, from left to right, without overlap.</summary>
    /// <param name="boxed">Whether only those with a box count.</param>
    public IEnumerable<FormulaMatch> All(bool boxed)
    {
        for (int position = 0; position < text.Length;)
        {
            FormulaMatch? match = At(position, boxed);
            if (match is not null)
                yield return match;
            position = match?.End ?? position + 1;
        }
    }

    /// <summary>The formula that begins exactly here; null if none does.</summary>
    public FormulaMatch? At(int start, bool boxed)
    {
        if (One(start, boxed) is not { } first)
            return null;
        var parts = new List<(string, bool)> { (first.Content, first.Percent) };
        int end = first.End;
        while (parts.Count < MostParts)
        {
            Match joint = Joint.Match(text, end);
            if (!joint.Success || One(joint.Index + joint.Length, boxed) is not { } next)
                break;
            parts.Add((next.Content, next.Percent));
            end = next.End;
        }
        return new FormulaMatch(start, end, parts);
    }

    private Formula? One(int start, bool boxed)
    {
        if (start >= text.Length || !(text[start] is '$' or '\\' or '-' || char.IsWhiteSpace(text[start])))
            return null;
        (int contentStart, int contentEnd, int end) = Delimited(start);
        if (contentStart < 0 || (boxed && !HasBox(contentStart, contentEnd)))
        {
            if (boxed || Fraction.Match(text, start) is not { Success: true } fraction)
                return null;
            (contentStart, contentEnd, end) = (start, start + fraction.Length, start + fraction.Length);
        }
        end = SkipSpace(end);
        Match percent = Percent.Match(text, end);
        return new Formula(text[contentStart..contentEnd], percent.Success, percent.Success ? end + percent.Length : end);
    }

    private (int ContentStart, int ContentEnd, int End) Delimited(int start)
    {
        bool escaped = start > 0 && text[start - 1] == '\\';
        if (Begins(start, "$$") && !escaped && Between(start + 2, "$$") is { } display)
            return display;
        if (Begins(start, "\\[") && !escaped && Between(start + 2, "\\]") is { } bracketed)
            return bracketed;
        if (text[start] == '$' && !escaped && !(start > 0 && char.IsDigit(text[start - 1])) && Inline(start + 1) is { } inline)
            return inline;
        if (Begins(start, "\\(") && !escaped && Between(start + 2, "\\)") is { } parenthesised
            && !text.AsSpan(parenthesised.Start, parenthesised.ContentEnd - parenthesised.Start).Contains('\n'))
            return parenthesised;
        return char.IsWhiteSpace(text[start]) && Begins(start + 1, "[") && Bracketed(start + 2) is { } plain ? plain : (-1, -1, -1);
    }

    private bool Begins(int position, string what) => string.CompareOrdinal(text, position, what, 0, what.Length) == 0;

    private (int Start, int ContentEnd, int End)? Between(int start, string close)
    {
        int end = text.IndexOf(close, start, StringComparison.Ordinal);
        return end > start && text[end - 1] != '\\' ? (start, end, end + close.Length) : null;
    }

    // Up to the next $ on the line that is not escaped.
    private (int Start, int ContentEnd, int End)? Inline(int start)
    {
        for (int position = start; position < text.Length && text[position] != '\n'; position++)
        {
            if (text[position] == '$' && text[position - 1] != '\\')
                return position > start ? (start, position, position + 1) : null;
        }
        return null;
    }

    private (int Start, int ContentEnd, int End)? Bracketed(int start)
    {
        int end = text.AsSpan(start).IndexOfAny('\n', ']', '[') is >= 0 and int length ? start + length : -1;
        return end > start && text[end] == ']' && end + 1 < text.Length && char.IsWhiteSpace(text[end + 1]) ? (start, end, end + 2) : null;
    }

    private bool HasBox(int start, int end)
    {
        int box = text.IndexOf("\\boxed{", start, end - start, StringComparison.Ordinal);
        return box >= 0 && box + 8 < end && text.IndexOf('}', box + 8, end - box - 8) >= 0;
    }

    private int SkipSpace(int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
            position++;
        return position;
    }

    private readonly record struct Formula(string Content, bool Percent, int End);

    [GeneratedRegex(@"\G\s*(?:,?and|,?or|,)\s*")]
    private static partial Regex Joint { get; }

    [GeneratedRegex(@"\G-?\\frac\{-?[0-9]+(?:[.,][0-9]+)?\}\{-?[0-9]+(?:[.,][0-9]+)?\}")]
    private static partial Regex Fraction { get; }

    [GeneratedRegex(@"\G(?:\\?%|[Pp]ercent(?:age)?|[Pp]ct)")]
    private static partial Regex Percent { get; }
}
