namespace MLNetAttn.Modeling;

/// <summary>A query head of a layer, both counted from 0. With grouped-query attention every query head counts.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Head">The head.</param>
public readonly record struct HeadIndex(int Layer, int Head);

/// <summary>The heads whose mean attention the metrics are made from (Eq. 8 of arXiv 2510.13554).</summary>
/// <param name="Local">H_loc, the heads with the shortest spans, shortest first: WAAD.</param>
/// <param name="Global">H_glob, the heads with the longest spans, shortest first: FAI.</param>
/// <param name="Receivers">The receiver heads, highest score first: receiver FAI (Bogdan et al., arXiv 2506.19143). Null where they were not asked for.</param>
public sealed record HeadGroups(IReadOnlyList<HeadIndex> Local, IReadOnlyList<HeadIndex> Global, IReadOnlyList<HeadIndex>? Receivers = null)
{
    /// <summary>What is wrong with the groups for a model whose attention is read in these layers; null = nothing.</summary>
    internal string? Problem(IReadOnlyList<int> layers, int headCount)
    {
        foreach ((string name, IReadOnlyList<HeadIndex>? heads) in new[] { (nameof(Local), Local), (nameof(Global), Global), (nameof(Receivers), Receivers) })
        {
            if (heads is null) continue;
            if (heads.Count == 0) return $"{name} holds no head, expected at least one";
            if (heads.Distinct().Count() != heads.Count) return $"{name} holds a head twice";
            foreach (HeadIndex head in heads)
                if (!layers.Contains(head.Layer) || head.Head < 0 || head.Head >= headCount)
                    return
                        $"{name} holds head {head.Head} of layer {head.Layer}, expected heads 0 to {headCount - 1} of the layers read, {string.Join(", ", layers)}. Were the groups calibrated with this model and these layers?";
        }
        return null;
    }
}

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
    public HeadGroups Group(double ratio)
    {
        if (ratio is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(ratio), ratio, "Expected a share above 0, at most 1.");
        HeadIndex[] order = [.. Layers.SelectMany((layer, i) => _spans[i].Select((span, head) => (Span: span, Index: new HeadIndex(layer, head))))
            .OrderBy(h => h.Span).ThenBy(h => h.Index.Layer).ThenBy(h => h.Index.Head).Select(h => h.Index)];
        int count = Math.Max(1, (int)Math.Floor(ratio * order.Length + 0.5));
        return new HeadGroups(order[..count], order[^count..]);
    }
}
