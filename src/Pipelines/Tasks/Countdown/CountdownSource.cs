using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>A seeded stream of problems: numbers are drawn, then an attempt on them, whose result becomes the target. So every problem has a
/// solution.</summary>
internal sealed class CountdownSource(int numberCount, CountdownSplit split, bool distinct, CountdownOptions options)
{
    // About one draw in three fits.
    private const int MaximumFruitlessDraws = 1_000_000;

    private readonly HashSet<ulong> _seen = [];

    /// <summary>The numbers of the problem last drawn.</summary>
    public int[] Numbers { get; } = new int[numberCount];

    /// <summary>The solution that made the problem: given numbers and target, a random attempt among those that reach the target.</summary>
    public CountdownAttempt Solution { get; } = new(numberCount, options);

    /// <summary>The target of the problem last drawn.</summary>
    public int Target => Solution.Result;

    /// <summary>Draws until a problem fits. <paramref name="drawn"/> of <paramref name="count"/> problems were drawn before.</summary>
    /// <exception cref="ArgumentException">No problem is left, as far as a million draws show.</exception>
    public void Draw(ref SeededRandom random, int drawn, int count)
    {
        for (int draw = 0; draw < MaximumFruitlessDraws; draw++)
            if (TryDraw(ref random))
                return;
        throw new ArgumentException(
            $"{count} {(distinct ? "distinct " : "")}Countdown problems of the {split} split were asked for, but only {drawn} were found: {MaximumFruitlessDraws} more draws "
            + $"gave no other. Ask for fewer, raise {nameof(options.LargestNumber)} ({options.LargestNumber}) or the number of numbers ({numberCount}), widen the targets "
            + $"({options.SmallestTarget} to {options.LargestTarget}){(distinct ? $", or allow repetition ({nameof(options.Distinct)} = false)" : "")}.",
            nameof(count));
    }

    private bool TryDraw(ref SeededRandom random)
    {
        for (int i = 0; i < Numbers.Length; i++)
            Numbers[i] = 1 + random.Next(options.LargestNumber);
        if (!Solution.TryDraw(Numbers, ref random) || Target < options.SmallestTarget || Target > options.LargestTarget)
            return false;
        ulong identity = Identity(Numbers, Target);
        return SplitOf(identity) == split && (!distinct || _seen.Add(identity));
    }

    /// <summary>A hash of the sorted numbers and the target, the same on every machine: what makes two rows the same problem.</summary>
    public static ulong Identity(ReadOnlySpan<int> numbers, int target)
    {
        Span<int> sorted = stackalloc int[Countdown.MaximumNumbers];
        sorted = sorted[..numbers.Length];
        numbers.CopyTo(sorted);
        sorted.Sort();
        ulong hash = RandomUniform.Mix((uint)target);
        foreach (int number in sorted)
            hash = RandomUniform.Mix(hash + (uint)number);
        return hash;
    }

    /// <summary>A quarter of all problems is held out: of three numbers up to 12 there are 4 004 problems in all, and an evaluation wants 512 of
    /// them.</summary>
    public static CountdownSplit SplitOf(ulong identity) => (identity >> 62) == 0 ? CountdownSplit.Test : CountdownSplit.Train;
}
