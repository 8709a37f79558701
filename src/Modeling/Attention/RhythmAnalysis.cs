namespace MLNetAttn.Modeling;

/// <summary>What attention says of one response. Arrays have one value per response token; NaN = undefined.</summary>
public sealed class RhythmAnalysis
{
    /// <summary>Windowed average attention distance of the local heads (Eq. 9), 0 to W tokens: high where the model looks back beyond the current
    /// chunk.</summary>
    public required float[] Waad { get; init; }

    /// <summary>Future attention influence of the global heads (Eq. 10), 0 to 1: how much later tokens look at this one. NaN where no later token lies in the
    /// horizon.</summary>
    public required float[] Fai { get; init; }

    /// <summary>FAI of the receiver heads (Bogdan et al., arXiv 2506.19143) instead of the global ones, NaN where <see cref="Fai"/> is. Null unless
    /// <see cref="RhythmOptions.Receivers"/> asked for it.</summary>
    public float[]? ReceiverFai { get; init; }

    /// <summary>Entropy of the distribution that produced each token, in nats.</summary>
    public required float[] Entropies { get; init; }

    /// <summary>Natural logarithm of each token's probability.</summary>
    public required float[] LogProbabilities { get; init; }

    /// <summary>The heads averaged over; null if all heads were.</summary>
    public HeadGroups? Groups { get; init; }

    /// <summary>The receiver heads, also where all heads were averaged over; null unless asked for.</summary>
    public IReadOnlyList<HeadIndex>? Receivers { get; init; }

    /// <summary>The spans of the heads in this response; null where they were not measured, since groups were given or all heads are averaged over.</summary>
    internal HeadSpans? Spans { get; init; }
}
