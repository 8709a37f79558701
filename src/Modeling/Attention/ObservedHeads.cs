using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Some heads of a layer, and what gives any of their attention weights: A[t,s] = exp(q_t·k_s/√D − lse_t).</summary>
/// <param name="Queries">[B, H, T, D], of all heads.</param>
/// <param name="Keys">[B, H_kv, T, D], of all heads.</param>
/// <param name="LogSumExp">[B, H, T], of all heads.</param>
/// <param name="Indices">The query heads that are meant.</param>
internal readonly record struct ObservedHeads(Tensor Queries, Tensor Keys, Tensor LogSumExp, int[] Indices)
{
    /// <summary>All heads.</summary>
    public ObservedHeads(Tensor queries, Tensor keys, Tensor logSumExp) : this(queries, keys, logSumExp, [.. Enumerable.Range(0, (int)queries.size(1))])
    {
    }

    /// <summary>T.</summary>
    public int Length => (int)Queries.size(2);

    /// <summary>The tensors of the heads that are meant alone, with the keys that each of them reads: [B, heads, T, D], the same, [B, heads, T].</summary>
    public (Tensor Queries, Tensor Keys, Tensor LogSumExp) Select()
    {
        long shared = Queries.size(1) / Keys.size(1);
        Tensor chosen = tensor(Indices.Select(head => (long)head).ToArray(), device: Queries.device),
            chosenKeys = tensor(Indices.Select(head => head / shared).ToArray(), device: Queries.device);
        return (Queries.index_select(1, chosen), Keys.index_select(1, chosenKeys), LogSumExp.index_select(1, chosen));
    }
}
