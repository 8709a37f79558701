using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>What the search traces of <see cref="CountdownDemonstrations"/> show.</summary>
public sealed record CountdownDemonstrationOptions
{
    /// <summary>The most attempts in one trace, the last one included. Default 4; 1 to 64.</summary>
    public int MaximumAttempts { get; init; } = 4;

    /// <summary>
    /// The share of the traces whose last attempt is a solution; the others end with one more random attempt, whatever it gives. Default 0.5; 0 to 1.
    /// Traces that always succeed teach a model to say yes to wrong results; honest ones leave reinforcement learning something to do.
    /// </summary>
    public double SolvedShare { get; init; } = 0.5;

    /// <summary>The problems to demonstrate; always of <see cref="CountdownSplit.Train"/> and <see cref="CountdownFormat.SearchTrace"/>.</summary>
    public CountdownOptions Problems { get; init; } = new();

    /// <summary>Notes every option out of range; <paramref name="owner"/> goes before their names.</summary>
    internal void Check(Violations violations, string owner)
    {
        violations.Require(MaximumAttempts is >= 1 and <= 64, owner + nameof(MaximumAttempts), MaximumAttempts, "1 to 64");
        violations.Require(SolvedShare is >= 0 and <= 1, owner + nameof(SolvedShare), SolvedShare, "0 to 1");
        violations.Require(
            Problems.Format == CountdownFormat.SearchTrace,
            $"{owner}{nameof(Problems)}.{nameof(Problems.Format)}", Problems.Format, $"{CountdownFormat.SearchTrace}");
        Problems.Check(violations, $"{owner}{nameof(Problems)}.");
    }
}
