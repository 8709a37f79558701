using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

/// <summary>The final answer of a text.</summary>
/// <param name="Value">What it is; null if nothing was understood.</param>
/// <param name="Text">How the first candidate is written, normalized; null if there was none.</param>
internal readonly record struct ExtractedAnswer(MathNode? Value, string? Text);

/// <summary>Finds the final answer of a text, by how plainly the text says that it is the answer, and among equals the last.</summary>
internal static partial class AnswerExtraction
{
    // An answer comes at the end.
    private const int MaximumLength = 1 << 16;
    private const int FinalAnswerDistance = 100;
    private const int AnswerDistance = 50;

    public static ExtractedAnswer Find(string text)
    {
        if (text.Length > MaximumLength)
            text = text[^MaximumLength..];
        var formulas = new FormulaScanner(text);
        var numbers = new NumberScanner(text);
        string? first = null;
        foreach (IEnumerable<Candidate> tier in Tiers(text, formulas, numbers))
        {
            foreach (Candidate candidate in tier.OrderByDescending(candidate => candidate.End).ThenBy(candidate => candidate.Start))
            {
                ExtractedAnswer answer = candidate.Read();
                first ??= answer.Text is { Length: > 0 } written ? written : null;
                if (answer.Value is not null)
                    return new ExtractedAnswer(answer.Value, first);
            }
        }
        return new ExtractedAnswer(null, first);
    }

    private static IEnumerable<IEnumerable<Candidate>> Tiers(string text, FormulaScanner formulas, NumberScanner numbers)
    {
        yield return Boxes(text, formulas).Concat(Hoped(text, formulas, numbers));
        yield return LastLine.Match(text) is { Success: true } line ? Following(text, line.Index, line.Index + line.Length, formulas, numbers) : [];
        yield return Announced(text, formulas, numbers);
        yield return Near(text, AnswerColon, formulas, numbers);
        yield return Near(text, Answer, formulas, numbers);
        yield return formulas.All(boxed: false).Select(Candidate.Of)
            .Concat(numbers.Expressions().Select(Candidate.Of))
            .Concat(numbers.Numbers().Select(Candidate.Of));
    }

    // Formulas with a box, and the box alone: from the first \boxed{ to the last }.
    private static IEnumerable<Candidate> Boxes(string text, FormulaScanner formulas)
    {
        int start = text.IndexOf("\\boxed{", StringComparison.Ordinal), end = text.LastIndexOf('}');
        IEnumerable<Candidate> boxes = formulas.All(boxed: true).Select(Candidate.Of);
        return start >= 0 && end > start + 7
            ? boxes.Append(new Candidate(start, end + 1, () => AnswerReading.Formula(text[start..(end + 1)], allBoxes: false)))
            : boxes;
    }

    // "The final answer is $5$. I hope it is correct."
    private static IEnumerable<Candidate> Hoped(string text, FormulaScanner formulas, NumberScanner numbers) =>
        from match in FinalAnswerIs.Matches(text)
        from candidate in Following(text, match.Index, match.Index + match.Length, formulas, numbers)
        where Hope.IsMatch(text, candidate.End)
        select candidate;

    // "The final answer to this is 5."
    private static IEnumerable<Candidate> Announced(string text, FormulaScanner formulas, NumberScanner numbers)
    {
        foreach (Match match in FinalAnswer.Matches(text))
        {
            int end = match.Index + match.Length;
            Candidate[] found = [.. Is.Matches(text[end..Math.Min(text.Length, end + FinalAnswerDistance + " is:".Length)])
                .Select(verb => Following(text, match.Index, end + verb.Index + verb.Length, formulas, numbers).ToArray())
                .FirstOrDefault(candidates => candidates.Length > 0, [])];
            foreach (Candidate candidate in found)
                yield return candidate;
        }
    }

    // The formula or number that comes next, after nothing but space.
    private static IEnumerable<Candidate> Following(string text, int start, int position, FormulaScanner formulas, NumberScanner numbers)
    {
        int space = position;
        while (space < text.Length && char.IsWhiteSpace(text[space]))
            space++;
        if (formulas.At(space, boxed: false) is { } formula)
            yield return Candidate.Of(formula) with { Start = start };
        if ((numbers.At(position) ?? (space > position ? numbers.At(space - 1) : null)) is { } number)
            yield return Candidate.Of(number) with { Start = start };
    }

    // The first formula and the first number within some characters of the word.
    private static IEnumerable<Candidate> Near(string text, Regex word, FormulaScanner formulas, NumberScanner numbers)
    {
        int formulasFrom = 0, numbersFrom = 0;
        foreach (Match match in word.Matches(text))
        {
            int end = match.Index + match.Length;
            if (match.Index >= formulasFrom
                && Positions(text, end)
                    .Select(position => formulas.At(position, boxed: false))
                    .FirstOrDefault(found => found is not null) is { } formula)
            {
                formulasFrom = formula.End;
                yield return Candidate.Of(formula) with { Start = match.Index };
            }
            if (match.Index >= numbersFrom && NumberNear(text, end, numbers) is { } number)
            {
                numbersFrom = number.End;
                yield return Candidate.Of(number) with { Start = match.Index };
            }
        }
    }

    private static IEnumerable<int> Positions(string text, int start) =>
        Enumerable.Range(start, Math.Max(0, Math.Min(AnswerDistance, text.Length - start) + 1));

    // What follows the last equals sign on the line, else the first number; and no equals sign behind it, since it is the result that counts.
    private static NumberMatch? NumberNear(string text, int start, NumberScanner numbers)
    {
        int line = text.AsSpan(start).IndexOf('\n') is >= 0 and int length ? start + length : text.Length;
        for (int equals = Math.Min(line - 1, start + FinalAnswerDistance); equals >= start; equals--)
        {
            if (text[equals] == '=' && equals + 1 < text.Length && char.IsWhiteSpace(text[equals + 1])
                && numbers.At(Before(text, equals + 1)) is { } result
                && !EqualsSign.IsMatch(text, result.End))
                return result;
        }
        foreach (int position in Positions(text, start))
        {
            if (numbers.At(position) is { } number && !EqualsSign.IsMatch(text, number.End))
                return number;
            if (position < text.Length && text[position] == '\n')
                break;
        }
        return null;
    }

    // The last of the spaces from here.
    private static int Before(string text, int position)
    {
        while (position + 1 < text.Length && char.IsWhiteSpace(text[position + 1]))
            position++;
        return position;
    }

    private sealed record Candidate(int Start, int End, Func<ExtractedAnswer> Read)
    {
        public static Candidate Of(FormulaMatch match) => new(match.Start, match.End, () => AnswerReading.Formulas(match.Parts));

        public static Candidate Of(NumberMatch match) => new(match.Start, match.End, () => AnswerReading.Number(match));
    }

    // GSM8K's form, "#### 18" at the end. Elsewhere it is a heading.
    [GeneratedRegex(@"####(?=[^\n]*\s*\z)", RegexOptions.RightToLeft)]
    private static partial Regex LastLine { get; }

    [GeneratedRegex(@"final answer is:?", RegexOptions.IgnoreCase)]
    private static partial Regex FinalAnswerIs { get; }

    [GeneratedRegex(@"final answer", RegexOptions.IgnoreCase)]
    private static partial Regex FinalAnswer { get; }

    [GeneratedRegex(@"\s+is:?")]
    private static partial Regex Is { get; }

    [GeneratedRegex(@"answer:", RegexOptions.IgnoreCase)]
    private static partial Regex AnswerColon { get; }

    [GeneratedRegex(@"answer", RegexOptions.IgnoreCase)]
    private static partial Regex Answer { get; }

    [GeneratedRegex(@"\G\.?\s?I hope")]
    private static partial Regex Hope { get; }

    [GeneratedRegex(@"\G\s*=")]
    private static partial Regex EqualsSign { get; }
}
