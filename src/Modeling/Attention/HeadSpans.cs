namespace MLNetAttn.Modeling;

/// <summary>How far each head looks back on average over response tokens: d[l,h] = 1/|R| · Σ_{t∈R} Σ_{s≤t} A[l,h][t,s] · (t − s), in tokens (Eq. 7).</summary>
public sealed class HeadSpans
{
    private readonly double[][] _spans;

    /// <param name="layers">The layers read, ascending.</param>
    /// <param name="spans">Per layer read, d of each of its query heads.</param>
    /// <param name="tokenCount">|R|, the response tokens that the means were taken over.</param>
    public HeadSpans(IReadOnlyList<int> layers, IReadOnlyList<IReadOnlyList<double>> spans, long tokenCount)
    {
        if (layers.Count == 0 || layers.Count != spans.Count || tokenCount < 1)
            throw new ArgumentException(
                $"{layers.Count} layers, spans of {spans.Count} layers and {tokenCount} tokens; expected as many layers as spans, at least one of each.");
        (Layers, TokenCount) = ([.. layers], tokenCount);
        _spans = [.. spans.Select(heads => heads.ToArray())];
    }

    /// <summary>The layers read, ascending.</summary>
    public IReadOnlyList<int> Layers { get; }

    /// <summary>|R|, the response tokens that the means were taken over.</summary>
    public long TokenCount { get; }

    /// <summary>Per layer of <see cref="Layers"/>, d of each query head.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Spans => _spans;

    /// <summary>Spans over the tokens of several data sets: means weighted by tokens, so that a long response counts more.</summary>
    /// <exception cref="ArgumentException">None were given, or they are of different layers.</exception>
    public static HeadSpans Pool(IEnumerable<HeadSpans> parts)
    {
        HeadSpans[] all = [.. parts];
        if (all.Length == 0) throw new ArgumentException("No spans to pool, expected at least one.", nameof(parts));
        if (all.Any(part => !part.Layers.SequenceEqual(all[0].Layers)))
            throw new ArgumentException("Spans of different layers cannot be pooled.", nameof(parts));
        long tokens = all.Sum(part => part.TokenCount);
        return new HeadSpans(all[0].Layers, [.. all[0]._spans.Select((heads, layer) =>
            heads.Select((_, head) => all.Sum(part => part.TokenCount * part._spans[layer][head]) / tokens).ToArray())], tokens);
    }

    /// <summary>Sorts the heads by span (ties: lower layer, then lower head, first) and takes the shortest and the longest max(1, ⌊ratio · heads + 0.5⌋) (Eq.
    /// 8).</summary>
    /// <param name="ratio">Share of the heads in each group. The paper: 0.3; above 0, at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is out of range.</exception>
    public HeadGroups Group(double ratio) => HeadGroups.Of(this, ratio);
}
