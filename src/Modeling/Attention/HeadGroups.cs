namespace MLNetAttn.Modeling;

/// <summary>The heads whose mean attention the metrics are made from (Eq. 8 of arXiv 2510.13554).</summary>
/// <param name="Local">H_loc, the heads with the shortest spans, shortest first: WAAD.</param>
/// <param name="Global">H_glob, the heads with the longest spans, shortest first: FAI.</param>
/// <param name="Receivers">The receiver heads, highest score first: receiver FAI (Bogdan et al., arXiv 2506.19143). Null where they were not asked for.</param>
public sealed record HeadGroups(IReadOnlyList<HeadIndex> Local, IReadOnlyList<HeadIndex> Global, IReadOnlyList<HeadIndex>? Receivers = null)
{
    /// <inheritdoc cref="HeadSpans.Group"/>
    internal static HeadGroups Of(HeadSpans spans, double ratio)
    {
        if (ratio is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(ratio), ratio, "Expected a share above 0, at most 1.");
        HeadIndex[] order = [.. spans.Layers.SelectMany((layer, i) => spans.Spans[i].Select((span, head) => (Span: span, Index: new HeadIndex(layer, head))))
            .OrderBy(h => h.Span).ThenBy(h => h.Index.Layer).ThenBy(h => h.Index.Head).Select(h => h.Index)];
        int count = Math.Max(1, (int)Math.Floor(ratio * order.Length + 0.5));
        return new HeadGroups(order[..count], order[^count..]);
    }

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
