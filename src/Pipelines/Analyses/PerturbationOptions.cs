using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Settings of <see cref="PerturbationTest"/>; defaults are the paper's.</summary>
public sealed record PerturbationOptions
{
    /// <summary>How many positions of the highest, and of the lowest, FAI are perturbed in a response. Default 5; at least 1.</summary>
    public int Positions { get; init; } = 5;

    /// <summary>How many tokens are tried at a position: those of the highest logits. Default 3; at least 1.</summary>
    public int Candidates { get; init; } = 3;

    /// <summary>Whether the token that stood there may be one of them. Default true; false = the next likely one in its place.</summary>
    public bool IncludeOriginal { get; init; } = true;

    /// <summary>How FAI is computed; null (default) = the paper's settings with an open horizon and head groups per response.</summary>
    public RhythmOptions? Rhythm { get; init; }

    /// <summary>How many continuations of a response are computed together, the more the faster, each with a key/value cache of its own. Default 32; at least
    /// 1.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Words that do not count as content, in lower case; null (default) = <see cref="ContentWords.FunctionWords"/>.</summary>
    public IReadOnlySet<string>? FunctionWords { get; init; }

    /// <summary>How often responses are drawn anew for the interval, and, where more than 20 responses differ, signs for the p-value, which is then never below
    /// 1 / (1 + this). Default 10 000; at least 100.</summary>
    public int Draws { get; init; } = 10_000;

    /// <summary>The seed of both. Default 0.</summary>
    public long Seed { get; init; }

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.Require(Positions >= 1, nameof(Positions), Positions, "at least 1");
        problems.Require(Candidates >= 1, nameof(Candidates), Candidates, "at least 1");
        problems.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        problems.Require(Draws >= 100, nameof(Draws), Draws, "at least 100");
        problems.ThrowIfAny(nameof(PerturbationOptions));
    }
}
