using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

/// <summary>Turns what was found in a text into mathematical objects.</summary>
internal static partial class AnswerReading
{
    /// <summary>One formula, or several joined ones: these are a set if all of them are understood.</summary>
    public static ExtractedAnswer Formulas(IReadOnlyList<(string Content, bool Percent)> parts)
    {
        ExtractedAnswer[] answers = [.. parts.Select(part => Formula(part.Content, allBoxes: true, part.Percent))];
        if (answers.Length == 1 || answers.Any(answer => answer.Value is null))
            return answers[0];
        IEnumerable<MathNode> elements = answers.SelectMany(answer => answer.Value is FiniteSetNode set ? set.Written : [answer.Value!]);
        return new ExtractedAnswer(new FiniteSetNode(elements), string.Join(" and ", answers.Select(answer => answer.Text)));
    }

    /// <summary>A formula, of which the boxes count if it has any.</summary>
    /// <param name="latex">The formula as written.</param>
    /// <param name="allBoxes">Whether all boxes count, or the last one and those that belong to it.</param>
    /// <param name="percent">Whether a percent sign followed it.</param>
    public static ExtractedAnswer Formula(string latex, bool allBoxes, bool percent = false)
    {
        string content = BoxedContent.Read(latex, allBoxes);
        if (content.Length > LatexParser.MaximumLength)
            return new ExtractedAnswer(null, content);
        string text = LatexNormalizer.Normalize(content);
        MathNode? value = Parse(text) ?? (LastSide(text) is { } last ? Parse(last) : null);
        return new ExtractedAnswer(percent && value is NumberNode number ? new PercentNode(number) : value, text);
    }

    /// <summary>A number or an arithmetic expression in plain text.</summary>
    public static ExtractedAnswer Number(NumberMatch match)
    {
        if (match.IsExpression)
        {
            // The point after the last digit is the sentence's.
            string arithmetic = LastPoint.Replace(match.Text, "").Replace("**", "^", StringComparison.Ordinal);
            return new ExtractedAnswer(LatexParser.Parse(arithmetic, plain: true), match.Text);
        }
        MathNode? value = MathNodes.Number(match.Text);
        return new ExtractedAnswer(match.Percent && value is NumberNode number ? new PercentNode(number) : value, match.Text);
    }

    // 1,234 is a number, where 1, 234 and 12,34 are lists.
    private static MathNode? Parse(string text) =>
        Thousands.IsMatch(text)
            ? MathNodes.Number(text.StartsWith('0') ? text.Trim().Replace(',', '.') : text.Replace(",", "", StringComparison.Ordinal).Trim())
            : LatexParser.Parse(text);

    // Of a = b = c that is not understood as a whole, c may be.
    private static string? LastSide(string text)
    {
        if (text.AsSpan().ContainsAny(',', ';'))
            return null;
        string[] sides = EqualsSign.Split(text);
        return sides.Length > 2 ? sides[^1] : null;
    }

    [GeneratedRegex(@"^\s*-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?\s*$")]
    private static partial Regex Thousands { get; }

    [GeneratedRegex(@"(?<=[0-9])\.\s*$")]
    private static partial Regex LastPoint { get; }

    [GeneratedRegex(@"(?<![\\<!>])=")]
    private static partial Regex EqualsSign { get; }
}
