using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>A forward pass over one sequence that keeps the mean attention maps of groups of heads, for pictures.</summary>
internal static class MapPass
{
    /// <summary>One map per group.</summary>
    public static AttentionMap[] Run(Decoder decoder, TokenSequence sequence, IReadOnlyList<IReadOnlyCollection<HeadIndex>> groups)
    {
        SequenceCheck.Sequence(decoder.Config, sequence, row: 0);
        for (int group = 0; group < groups.Count; group++) Check(decoder.Config, groups[group], group);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using TokenBatch batch = TokenBatch.Create([sequence], decoder.Device);
        var observer = new MapObserver(decoder.Config, groups, [sequence.Length]);
        decoder.Observe(batch, observer);
        foreach (double[][][] map in observer.Maps) FiniteCheck.Require(map[0].SelectMany(row => row), "attention weights", 0);
        return [.. observer.Maps.Select(map => new AttentionMap(map[0]))];
    }

    private static void Check(DecoderConfig config, IReadOnlyCollection<HeadIndex> heads, int group)
    {
        if (heads.Count == 0) throw new ArgumentException($"Group {group} holds no head, expected at least one.", nameof(heads));
        if (heads.Distinct().Count() != heads.Count) throw new ArgumentException($"Group {group} holds a head twice.", nameof(heads));
        foreach ((int layer, int head) in heads)
            if (layer < 0 || layer >= config.LayerCount || head < 0 || head >= config.HeadCount)
                throw new ArgumentException(
                    $"Group {group} holds head {head} of layer {layer}; the model has heads 0 to {config.HeadCount - 1} in layers 0 to {config.LayerCount - 1}.",
                    nameof(heads));
    }
}
