using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Adds up the maps of groups of heads while a forward pass runs, in blocks of queries: 4 · T² bytes a map, the only thing here that is quadratic in
/// memory.</summary>
internal sealed class MapObserver : IAttentionObserver
{
    private readonly DecoderConfig _config;
    private readonly IReadOnlyList<IReadOnlyCollection<HeadIndex>> _groups;

    /// <param name="config">The model that runs.</param>
    /// <param name="groups">The heads that each map is the mean of; none empty.</param>
    /// <param name="lengths">Tokens of each sequence.</param>
    public MapObserver(DecoderConfig config, IReadOnlyList<IReadOnlyCollection<HeadIndex>> groups, int[] lengths)
    {
        (_config, _groups) = (config, groups);
        Maps = [.. groups.Select(_ => lengths.Select(length => Enumerable.Range(1, length).Select(keys => new double[keys]).ToArray()).ToArray())];
        LastLayer = groups.Max(group => group.Max(head => head.Layer));
    }

    /// <summary>By group and sequence, the mean map: row t has the weights of keys 0 to t.</summary>
    public double[][][][] Maps { get; }

    public int LastLayer { get; }

    public bool Reads(int layer) => _groups.Any(group => group.Any(head => head.Layer == layer));

    public void Observe(int layer, Tensor queries, Tensor keys, Tensor logSumExp, Tensor? distances)
    {
        using var scope = NewDisposeScope();
        int visible = _config.WindowOf(layer) ?? (int)queries.size(2);
        int[] heads = [.. _groups.SelectMany(group => group).Where(head => head.Layer == layer).Select(head => head.Head).Distinct().Order()];
        (queries, keys, logSumExp) = new ObservedHeads(queries, keys, logSumExp, heads).Select();
        foreach (AttentionBands.Block block in AttentionBands.Blocks(queries, keys, logSumExp, first: 0, reach: visible - 1))
        {
            using var blockScope = NewDisposeScope();
            Tensor weights = block.Weights();                                                                                   // [B, heads, queries, keys]
            for (int group = 0; group < _groups.Count; group++)
            {
                long[] members = [.. _groups[group].Where(head => head.Layer == layer).Select(head => (long)Array.IndexOf(heads, head.Head))];
                if (members.Length == 0) continue;
                Tensor summed = (members.Length == heads.Length ? weights : weights.index_select(1, tensor(members, device: weights.device))).sum(1);
                Add(Maps[group], block, visible, summed.ToDoubles(), 1.0 / _groups[group].Count);
            }
        }
    }

    /// <summary>Adds a block of sums [B, queries, keys] to the maps of all sequences.</summary>
    private static void Add(double[][][] maps, AttentionBands.Block block, int visible, double[] sums, double share)
    {
        for (int row = 0; row < maps.Length; row++)
            for (int t = block.FirstQuery; t < Math.Min(block.FirstQuery + block.Queries, maps[row].Length); t++)
            {
                ReadOnlySpan<double> weights = sums.AsSpan((row * block.Queries + t - block.FirstQuery) * block.Keys, block.Keys);
                for (int s = Math.Max(0, t - visible + 1); s <= t; s++) maps[row][t][s] += share * weights[s - block.FirstKey];
            }
    }
}
