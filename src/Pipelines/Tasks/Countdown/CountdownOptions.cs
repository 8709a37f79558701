using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Which Countdown problems are drawn.</summary>
public sealed record CountdownOptions
{
    /// <summary>The given numbers are drawn uniformly from 1 to this. Default 12; 1 to <see cref="LargestResult"/>.</summary>
    public int LargestNumber { get; init; } = 12;

    /// <summary>The operations of a solution. Default + - *; at least one. Stream of Search and TinyZero also divide.</summary>
    public CountdownOperators Operators { get; init; } = CountdownOperators.Add | CountdownOperators.Subtract | CountdownOperators.Multiply;

    /// <summary>No step of a solution has a larger result. Default 199, the largest number of <see cref="CountdownVocabulary"/>; 1 to 1 000 000.</summary>
    public int LargestResult { get; init; } = 199;

    /// <summary>The smallest target. Default 1; 0 to <see cref="LargestTarget"/>.</summary>
    public int SmallestTarget { get; init; } = 1;

    /// <summary>The largest target. Default 99; <see cref="SmallestTarget"/> to <see cref="LargestResult"/>.</summary>
    public int LargestTarget { get; init; } = 99;

    /// <summary>
    /// Whether no problem is drawn twice, in any order of its numbers. Default null: true for <see cref="CountdownSplit.Test"/>, where intervals
    /// assume that a problem counts once, and false for <see cref="CountdownSplit.Train"/>, which is a stream of independent draws.
    /// </summary>
    public bool? Distinct { get; init; }

    /// <summary>How <see cref="CountdownProblem.Prompt"/> is written. Default <see cref="CountdownFormat.SearchTrace"/>.</summary>
    public CountdownFormat Format { get; init; } = CountdownFormat.SearchTrace;

    /// <summary>The signs of <see cref="Operators"/>.</summary>
    internal char[] Signs =>
    [
        .. "+-*/".Where((_, bit) => ((int)Operators & (1 << bit)) != 0),
    ];

    /// <summary>Notes every option out of range; <paramref name="owner"/> goes before their names.</summary>
    internal void Check(Violations violations, string owner)
    {
        const CountdownOperators all = CountdownOperators.Add | CountdownOperators.Subtract | CountdownOperators.Multiply | CountdownOperators.Divide;
        violations.Require(LargestResult is >= 1 and <= 1_000_000, owner + nameof(LargestResult), LargestResult, "1 to 1000000");
        violations.Require(LargestNumber >= 1 && LargestNumber <= LargestResult, owner + nameof(LargestNumber), LargestNumber, $"1 to {nameof(LargestResult)}");
        violations.Require(
            SmallestTarget >= 0 && SmallestTarget <= LargestTarget,
            owner + nameof(SmallestTarget), SmallestTarget, $"0 to {nameof(LargestTarget)}");
        violations.Require(LargestTarget <= LargestResult, owner + nameof(LargestTarget), LargestTarget, $"at most {nameof(LargestResult)}");
        violations.Require(Operators != CountdownOperators.None && (Operators & ~all) == CountdownOperators.None, owner + nameof(Operators), Operators,
            "one or more of Add, Subtract, Multiply and Divide");
        violations.RequireDefined(Format, owner + nameof(Format));
    }
}
