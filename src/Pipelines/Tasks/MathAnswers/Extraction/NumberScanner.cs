using System.Buffers;
using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

/// <summary>A number or an arithmetic expression in plain text.</summary>
/// <param name="Start">Where it begins, with the space or sign before it.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Text">Digits with a decimal point perhaps, or the expression.</param>
/// <param name="IsExpression">Which of the two it is.</param>
/// <param name="Percent">Whether a percent sign or word follows.</param>
internal sealed record NumberMatch(int Start, int End, string Text, bool IsExpression, bool Percent);

/// <summary>Finds numbers (1,234.5, 3,5, 42%) and arithmetic (40+2) in plain text, where they begin after a space or an equals sign.</summary>
/// <param name="text">The text.</param>
internal sealed partial class NumberScanner(string text)
{
    private const int LongestExpression = 1024;

    private static readonly SearchValues<char> Operators = SearchValues.Create("+-*/^()×÷");
    private const string Currencies = "$€£¥₹₽₪₩₫฿₡₢₣₤₥₦₧₨₭₮₯₰₱₲₳₴₵₶₷₸₺₻₼₾₿";

    /// <summary>All numbers, from left to right, without overlap.</summary>
    public IEnumerable<NumberMatch> Numbers() => Scan(Number);

    /// <summary>All expressions, from left to right, without overlap.</summary>
    public IEnumerable<NumberMatch> Expressions() => Scan(Expression);

    /// <summary>The expression, else the number, that begins exactly here; null if none does.</summary>
    public NumberMatch? At(int start) => Expression(start) ?? Number(start);

    private IEnumerable<NumberMatch> Scan(Func<int, NumberMatch?> find)
    {
        for (int position = 0; position < text.Length;)
        {
            NumberMatch? match = find(position);
            if (match is not null)
                yield return match;
            position = match is not null && match.End > position ? match.End : position + 1;
        }
    }

    // A number may begin after a space or "=" and two stars perhaps, and at the very start of the text without them.
    private IEnumerable<int> AfterPrefix(int start)
    {
        if (start < text.Length && (char.IsWhiteSpace(text[start]) || text[start] == '='))
        {
            if (string.CompareOrdinal(text, start + 1, "**", 0, 2) == 0)
                yield return start + 3;
            yield return start + 1;
        }
        if (start == 0)
        {
            if (text.StartsWith("**", StringComparison.Ordinal))
                yield return 2;
            yield return 0;
        }
    }

    private NumberMatch? Number(int start)
    {
        foreach (int after in AfterPrefix(start))
        {
            int position = after < text.Length && Currencies.Contains(text[after]) ? after + 1 : after;
            if (position > 0 && position <= text.Length && char.IsDigit(text[position - 1]))
                continue;
            Match match = PlainNumber.Match(text, Math.Min(position, text.Length));
            if (!match.Success)
                continue;
            string whole = match.Groups["whole"].Value.Replace(",", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
            string part = match.Groups["part"].Value.Replace(',', '.');
            string digits = whole.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0";
            return new NumberMatch(start, match.Index + match.Length, digits + part, IsExpression: false, match.Groups["percent"].Success);
        }
        return null;
    }

    private NumberMatch? Expression(int start)
    {
        foreach (int after in AfterPrefix(start))
        {
            Match head = ExpressionHead.Match(text, Math.Min(after, text.Length));
            if (!head.Success)
                continue;
            int first = head.Index + head.Length, end = first;
            while (end < text.Length && end - first < LongestExpression && IsArithmetic(text[end]))
                end++;
            // As long as possible, with something after it that ends an expression.
            while (end >= first + 2 && !ExpressionEnd.IsMatch(text, end))
                end--;
            if (end < first + 2 || text.AsSpan(first, end - 1 - first).IndexOfAny(Operators) < 0)
                continue;
            return new NumberMatch(
                start,
                ExpressionEnd.Match(text, end) is var tail ? tail.Index + tail.Length : end,
                text[head.Index..end],
                IsExpression: true,
                Percent: false);
        }
        return null;
    }

    private static bool IsArithmetic(char character) => char.IsDigit(character) || char.IsWhiteSpace(character) || ".+-*/^()×÷".Contains(character);

    [GeneratedRegex(
        @"\G(?:(?<whole>-?[1-9][0-9]{0,2}(?:[ ,][0-9]{3})+)(?<part>\.[0-9]+)?|(?<whole>-?[0-9]+)(?<part>[.,][0-9]+)|(?<part>\.[0-9]+)|(?<whole>-?[0-9]+))(?<percent>\s*(?:%|[Pp]ercent(?:age)?|[Pp]ct))?")]
    private static partial Regex PlainNumber { get; }

    [GeneratedRegex(@"\G-?\(?-?[0-9]")]
    private static partial Regex ExpressionHead { get; }

    [GeneratedRegex(@"\G(?:\*\*)?(?:[.,:\s)$]|\z)")]
    private static partial Regex ExpressionEnd { get; }
}
