using System.Text;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Honest search traces for supervised fine-tuning: random attempts, no result twice, each with right arithmetic and truly checked against the target.</summary>
/// <remarks>
/// A trace is <c>try 7 * 5 = 35 ; 35 - 1 = 34 ; no . try 7 + 5 = 12 ; 12 - 1 = 11 ; yes . answer ( 7 + 5 ) - 1</c> where a solution was found,
/// and <c>… ; no . stop</c> where the search was given up.
/// </remarks>
public static class CountdownDemonstrations
{
    private const int MaximumDraws = 20;

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
        options.Check(violations);
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
        for (int before = random.Next(options.MaximumAttempts); before > 0 && DrawAttempt(source, attempt, tried, ref random); before--)
        {
            if (AppendAttempt(trace, attempt, source.Target))
                return;
            trace.Append(' ');
        }
        CountdownAttempt last = random.NextIsBelow(options.SolvedShare) || !DrawAttempt(source, attempt, tried, ref random) ? source.Solution : attempt;
        if (!AppendAttempt(trace, last, source.Target))
            trace.Append(" stop");
    }

    /// <summary>Draws an attempt whose result this trace has not had yet: a search that repeats itself teaches a model to repeat itself. False where the numbers hardly give another.</summary>
    private static bool DrawAttempt(CountdownSource source, CountdownAttempt attempt, HashSet<int> tried, ref SeededRandom random)
    {
        for (int draw = 0; draw < MaximumDraws; draw++)
            if (attempt.TryDraw(source.Numbers, ref random) && tried.Add(attempt.Result))
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
