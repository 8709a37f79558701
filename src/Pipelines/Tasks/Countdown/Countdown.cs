using System.Globalization;
using System.Text;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>The Countdown task: combine given numbers, each used exactly once, with + - * / into a target.</summary>
public static class Countdown
{
    internal const int MinimumNumbers = 2;
    internal const int MaximumNumbers = 6;

    /// <summary>Draws solvable problems. The same arguments give the same problems on every machine.</summary>
    /// <remarks>
    /// A problem is its sorted numbers and its target: a stable hash of these alone decides the split, so no problem of one split, in any order of its
    /// numbers, ever occurs in the other, whatever the seeds and options. Targets are the results of random attempts, so easy targets are drawn more often.
    /// </remarks>
    /// <param name="count">How many problems; 0 or more.</param>
    /// <param name="numbers">How many numbers a problem gives; 2 to 6.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="split">Which part of all problems to draw from: three quarters are to train on, a quarter is held out.</param>
    /// <param name="options">Which problems are drawn; null for the defaults.</param>
    /// <returns>Rows for <c>mlContext.Data.LoadFromEnumerable</c>.</returns>
    /// <exception cref="ArgumentException">An argument or option is outside its range, or there are not as many problems as asked for.</exception>
    public static IReadOnlyList<CountdownProblem> Generate(
        int count, int numbers = 3, long seed = 1, CountdownSplit split = CountdownSplit.Train, CountdownOptions? options = null)
    {
        options ??= new CountdownOptions();
        var violations = new Violations();
        CheckSize(violations, count, numbers);
        violations.RequireDefined(split, nameof(split));
        options.Check(violations, $"{nameof(options)}.");
        violations.ThrowIfAny(nameof(Countdown));
        var random = new SeededRandom(seed);
        var source = new CountdownSource(numbers, split, options.Distinct ?? split == CountdownSplit.Test, options);
        var problems = new CountdownProblem[count];
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            source.Draw(ref random, drawn: i, count);
            source.Solution.AppendExpression(text.Clear());
            problems[i] = new CountdownProblem
            {
                Numbers = [.. source.Numbers],
                Target = source.Target,
                Prompt = Prompt(source.Numbers, source.Target, options.Format),
                Solution = text.ToString(),
            };
        }
        return problems;
    }

    /// <summary>The split that a problem belongs to, whichever the order of its numbers.</summary>
    /// <param name="numbers">The given numbers; 2 to 6.</param>
    /// <param name="target">The number to reach.</param>
    /// <exception cref="ArgumentException">Fewer than 2 or more than 6 numbers.</exception>
    public static CountdownSplit SplitOf(ReadOnlySpan<int> numbers, int target)
    {
        var violations = new Violations();
        CheckSize(violations, count: 1, numbers.Length);
        violations.ThrowIfAny(nameof(Countdown));
        return CountdownSource.SplitOf(CountdownSource.Identity(numbers, target));
    }

    /// <summary>The text that asks a problem.</summary>
    /// <param name="numbers">The given numbers, in the order to name them.</param>
    /// <param name="target">The number to reach.</param>
    /// <param name="format">The format of the prompt.</param>
    public static string Prompt(ReadOnlySpan<int> numbers, int target, CountdownFormat format = CountdownFormat.SearchTrace) => format switch
    {
        CountdownFormat.SearchTrace => FormattableString.Invariant($"numbers {Join(" ", numbers)} target {target} :"),
        CountdownFormat.TinyZero =>
            FormattableString.Invariant($"Using the numbers [{Join(", ", numbers)}], create an equation that equals {target}.")
            + " You can use basic arithmetic operations (+, -, *, /) and each number "
            + "can only be used once. Show your work in <think> </think> tags. And return the final answer in <answer> </answer> tags, for example "
            + "<answer> (1 + 2) / 3 </answer>.",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such Countdown format."),
    };

    internal static void CheckSize(Violations violations, int count, int numbers)
    {
        violations.Require(count >= 0, nameof(count), count, "0 or more");
        violations.Require(numbers is >= MinimumNumbers and <= MaximumNumbers, nameof(numbers), numbers, $"{MinimumNumbers} to {MaximumNumbers}");
    }

    private static string Join(string separator, ReadOnlySpan<int> numbers)
    {
        var text = new StringBuilder();
        foreach (int number in numbers)
            text.Append(text.Length == 0 ? "" : separator).Append(CultureInfo.InvariantCulture, $"{number}");
        return text.ToString();
    }
}
