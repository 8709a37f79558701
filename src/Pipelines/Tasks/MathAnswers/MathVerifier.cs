namespace MLNetAttn.Pipelines;

/// <summary>Decides whether a response gives the right answer to a mathematical problem, as math-verify does: finds both final answers, and compares what they
/// mean.</summary>
/// <remarks>
/// Found in this order: "final answer is … I hope", \boxed{…}; "#### …" in the last line; "final answer … is"; "answer:"; "answer"; any formula ($…$, \(…\),
/// \[…\]), number or arithmetic. Among equals the last counts. Boxes close to each other are one set.
/// <para>
/// Understood are numbers, thousands (1,234), decimals, percent, scientific notation, fractions, mixed numbers, roots, powers, factorials, logarithms,
/// trigonometry, sums, π and e, tuples, intervals, sets and their operations, matrices, equations, inequalities, words, and units and text around. A formula
/// with anything else is compared as text.
/// </para>
/// <para>
/// Rational values are compared exactly, decimals at six places, other constants in floating point, and expressions with variables at several points. Values
/// beyond 4096 bits (9^9^9^9) have none: they equal only what is written alike. Time is bounded by the length of the text, of which the last 65 536 characters
/// are read and formulas of at most 4096.
/// </para>
/// </remarks>
public static class MathVerifier
{
    /// <summary>Whether a response gives the right answer.</summary>
    /// <param name="response">What the model wrote.</param>
    /// <param name="gold">The right answer: a number, or a formula in $…$ or \boxed{…}; longer text is searched as a response is.</param>
    public static bool IsCorrect(string response, string gold) => IsCorrect(AnswerExtraction.Find(response), AnswerExtraction.Find(gold));

    /// <summary>Whether anything is found in a gold answer. If not, no response is right.</summary>
    /// <param name="gold">The right answer.</param>
    public static bool IsReadable(string gold) => IsReadable(AnswerExtraction.Find(gold));

    internal static bool IsReadable(ExtractedAnswer gold) => gold is { Value: not null } or { Text: not null };

    internal static bool IsCorrect(ExtractedAnswer answer, ExtractedAnswer gold)
    {
        if (gold.Text?.Trim() is { Length: > 0 } text && text == answer.Text?.Trim())
            return true;
        return gold.Value is { } expected && answer.Value is { } found && AnswerComparison.AreEqual(expected, found);
    }
}
