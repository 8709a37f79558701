using System.Text;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Honest search traces for supervised fine-tuning: random attempts, no result twice, each with right arithmetic and truly checked against the
/// target.</summary>
/// <remarks>
/// A trace is <c>try 7 * 5 = 35 ; 35 - 1 = 34 ; no . try 7 + 5 = 12 ; 12 - 1 = 11 ; yes . answer ( 7 + 5 ) - 1</c> where a solution was found,
/// and <c>… ; no . stop</c> where the search was given up.
/// </remarks>
public static class CountdownDemonstrations
{
    private const int MaximumDraws = 20;
    private const int MaximumSolutionDraws = 200;

    /// <summary>Draws problems of the train split, with repetition, and a trace for each. The same arguments give the same rows on every machine.</summary>
    /// <param name="count">How many demonstrations; 0 or more.</param>
    /// <param name="numbers">How many numbers a problem gives; 2 to 6.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="options">What the traces show; null for the defaults.</param>
    /// <returns>Rows for <c>mlContext.Data.LoadFromEnumerable</c>.</returns>
    /// <exception cref="ArgumentException">An argument or option is outside its range, or there are not as many problems as asked for.</exception>
    public static IReadOnlyList<CountdownDemonstration> Generate(int count, int numbers = 3, long seed = 1, CountdownDemonstrationOptions? options = null)
    {
        options ??= new CountdownDemonstrationOptions();
        var violations = new Violations();
        Countdown.CheckSize(violations, count, numbers);
        options.Check(violations, $"{nameof(options)}.");
        violations.ThrowIfAny(nameof(CountdownDemonstrations));
        var random = new SeededRandom(seed);
        var source = new CountdownSource(numbers, CountdownSplit.Train, options.Problems.Distinct ?? false, options.Problems);
        var attempt = new CountdownAttempt(numbers, options.Problems);
        var trace = new StringBuilder();
        var demonstrations = new CountdownDemonstration[count];
        for (int i = 0; i < count; i++)
        {
            source.Draw(ref random, drawn: i, count);
            AppendTrace(trace.Clear(), source, attempt, options, ref random);
            demonstrations[i] = new CountdownDemonstration
            {
                Numbers = [.. source.Numbers],
                Target = source.Target,
                Prompt = Countdown.Prompt(source.Numbers, source.Target),
                Response = trace.ToString(),
            };
        }
        return demonstrations;
    }

    private static void AppendTrace(
        StringBuilder trace, CountdownSource source, CountdownAttempt attempt, CountdownDemonstrationOptions options, ref SeededRandom random)
    {
        HashSet<int> tried = [];
        int made = 0;
        for (int before = random.Next(options.MaximumAttempts); made < before && DrawAttempt(source, attempt, made, tried, ref random); made++)
        {
            if (AppendAttempt(trace, attempt, source.Target))
                return;
            trace.Append(' ');
        }
        CountdownAttempt last = random.NextIsBelow(options.SolvedShare)
            ? DrawSolution(source, attempt, made, ref random) ? attempt : source.Solution
            : DrawAttempt(source, attempt, made, tried, ref random) ? attempt : source.Solution;
        if (!AppendAttempt(trace, last, source.Target))
            trace.Append(" stop");
    }

    /// <summary>
    /// Draws the next attempt: it begins with the next of the numbers, round and round, and has a result that this trace has not had yet. A small model learns
    /// the first rule easily and the second hardly; without the first it falls into repeating one attempt. False where the numbers hardly give another.
    /// </summary>
    private static bool DrawAttempt(CountdownSource source, CountdownAttempt attempt, int made, HashSet<int> tried, ref SeededRandom random)
    {
        for (int draw = 0; draw < MaximumDraws; draw++)
            if (attempt.TryDraw(source.Numbers, ref random, made % source.Numbers.Length) && tried.Add(attempt.Result))
                return true;
        return false;
    }

    /// <summary>Draws a solution that begins with the next of the numbers; false where there seems to be none.</summary>
    private static bool DrawSolution(CountdownSource source, CountdownAttempt attempt, int made, ref SeededRandom random)
    {
        for (int draw = 0; draw < MaximumSolutionDraws; draw++)
            if (attempt.TryDraw(source.Numbers, ref random, made % source.Numbers.Length) && attempt.Result == source.Target)
                return true;
        return false;
    }

    private static bool AppendAttempt(StringBuilder trace, CountdownAttempt attempt, int target)
    {
        trace.Append("try ");
        attempt.AppendSteps(trace);
        if (attempt.Result != target)
        {
            trace.Append(" ; no .");
            return false;
        }
        trace.Append(" ; yes . answer ");
        attempt.AppendExpression(trace);
        return true;
    }
}
