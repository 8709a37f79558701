namespace MLNetAttn.Pipelines;

/// <summary>Decides whether a response solves a Countdown problem, without evaluating anything but bounded, exact arithmetic.</summary>
public static class CountdownVerifier
{
    private const string SearchTraceMarker = "answer";
    private const string OpeningTag = "<answer>";
    private const string ClosingTag = "</answer>";
    private const double TinyZeroTolerance = 1e-5;
    private const float TinyZeroFormatScore = 0.1f;

    /// <summary>The reward of a response.</summary>
    /// <remarks>
    /// <see cref="CountdownFormat.SearchTrace"/>: 1 if everything after the last "answer" is an expression of exactly the given numbers, with + - * / between
    /// them and parentheses, that equals the target exactly; else 0. Expressions beyond 1024 characters or 200 levels score 0.
    /// <para>
    /// <see cref="CountdownFormat.TinyZero"/> follows TinyZero's countdown.py: the last &lt;answer&gt; of the last line; 0 without one; 0.1 if its integers are
    /// not exactly the given numbers, if it is no Python arithmetic of digits + - * / ( ) . and spaces, or if it is 1e-5 or more from the target; else 1. Two
    /// deliberate differences, where Python's eval rounds, hangs or leaves the real numbers: arithmetic is exact, and results of more than 4096 bits and
    /// complex powers count as no value.
    /// </para>
    /// </remarks>
    /// <param name="response">What the model wrote, without special tokens.</param>
    /// <param name="numbers">The given numbers.</param>
    /// <param name="target">The number to reach.</param>
    /// <param name="format">The format that the response was asked for in.</param>
    /// <returns>0 or 1; in the TinyZero format also 0.1.</returns>
    public static float Score(string response, ReadOnlySpan<int> numbers, double target, CountdownFormat format = CountdownFormat.SearchTrace) => format switch
    {
        CountdownFormat.SearchTrace => ScoreSearchTrace(response, numbers, target),
        CountdownFormat.TinyZero => ScoreTinyZero(response, numbers, target),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such Countdown format."),
    };

    private static float ScoreSearchTrace(string response, ReadOnlySpan<int> numbers, double target)
    {
        int marker = response.LastIndexOf(SearchTraceMarker, StringComparison.Ordinal);
        if (marker < 0)
            return 0;
        ReadOnlySpan<char> answer = response.AsSpan(marker + SearchTraceMarker.Length);
        return UsesExactly(answer, numbers)
            && ArithmeticExpression.Evaluate(answer, ArithmeticSyntax.Plain) is { } value
            && value == Rational.FromDouble(target)
                ? 1
                : 0;
    }

    private static float ScoreTinyZero(string response, ReadOnlySpan<int> numbers, double target)
    {
        if (!TryFindTaggedAnswer(response.AsSpan(response.LastIndexOf('\n') + 1), out ReadOnlySpan<char> answer))
            return 0;
        return UsesExactly(answer, numbers) && ArithmeticExpression.Evaluate(answer, ArithmeticSyntax.Python) is { } value
            && Math.Abs(value.ToDouble() - target) < TinyZeroTolerance ? 1 : TinyZeroFormatScore;
    }

    // From left to right, without overlap, as re.finditer finds "<answer>(.*?)</answer>": a tag inside an answer belongs to the answer.
    private static bool TryFindTaggedAnswer(ReadOnlySpan<char> line, out ReadOnlySpan<char> answer)
    {
        answer = default;
        bool found = false;
        while (line.IndexOf(OpeningTag, StringComparison.Ordinal) is >= 0 and int opening)
        {
            line = line[(opening + OpeningTag.Length)..];
            int closing = line.IndexOf(ClosingTag, StringComparison.Ordinal);
            if (closing < 0)
                break;
            answer = line[..closing].Trim();
            line = line[(closing + ClosingTag.Length)..];
            found = true;
        }
        return found;
    }

    // Whether the runs of digits in the text are the given numbers, each as often as given, in any order.
    private static bool UsesExactly(ReadOnlySpan<char> text, ReadOnlySpan<int> numbers)
    {
        var missing = new List<int>(numbers.Length);
        missing.AddRange(numbers);
        for (int start = 0; start < text.Length; start++)
        {
            if (!char.IsAsciiDigit(text[start]))
                continue;
            int end = start + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            if (!int.TryParse(text[start..end], out int number) || !missing.Remove(number))
                return false;
            start = end;
        }
        return missing.Count == 0;
    }
}
