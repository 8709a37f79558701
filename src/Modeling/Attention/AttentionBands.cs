using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Sums over diagonal bands of attention maps, from queries, keys and the log-sum-exp of each row: A[t,s] = exp(q_t·k_s/√D − lse_t). Nothing T × T is
/// held: memory is O(T · band).</summary>
internal static class AttentionBands
{
    private const int BlockElements = 1 << 23;

    /// <summary>WAAD of every head at every position (Eq. 9): W − Σ_{j&lt;W} (W − j) · A[t, t−j], the same as Σ_s A[t,s] · min(t − s, W) since rows add up to
    /// one. [B, heads, T]; 0 before <paramref name="first"/>.</summary>
    /// <param name="heads">The heads.</param>
    /// <param name="window">W.</param>
    /// <param name="visible">Keys that a query sees, itself included.</param>
    /// <param name="first">The first position wanted.</param>
    public static Tensor WindowedDistance(ObservedHeads heads, int window, int visible, int first)
    {
        if (KernelSupport.Covers(heads.Queries)) return AttentionBandKernel.WindowedDistance(heads, window, visible, first);
        using var scope = NewDisposeScope();
        (Tensor queries, Tensor keys, Tensor logSumExp) = heads.Select();
        Tensor result = zeros_like(logSumExp);
        int reach = Math.Min(window, visible) - 1;
        foreach (Block block in Blocks(queries, keys, logSumExp, first, reach))
        {
            using var blockScope = NewDisposeScope();
            Tensor distance = block.Distance(queries.device);
            Tensor weight = distance.SubtractedFrom(window).mul_(distance.AtLeast(0).logical_and_(distance.AtMost(reach)));
            result.narrow(2, block.FirstQuery, block.Queries).copy_((block.Weights() * weight).sum(-1).neg_().Add_(window));
        }
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Σ of A[t,s] over the queries t from s + <paramref name="low"/> to s + <paramref name="high"/> that are rows of response tokens, for every key
    /// s: the numerator of FAI (Eq. 10). [B, heads, T].</summary>
    /// <param name="heads">The heads.</param>
    /// <param name="low">The nearest query that counts.</param>
    /// <param name="high">The farthest query that counts.</param>
    /// <param name="first">The first position of any response.</param>
    /// <param name="isResponse">float32 [B, 1, T], 1 at the rows of response tokens.</param>
    public static Tensor FutureSum(ObservedHeads heads, int low, int high, int first, Tensor isResponse)
    {
        if (KernelSupport.Covers(heads.Queries)) return AttentionBandKernel.FutureSum(heads, low, high, first, isResponse);
        using var scope = NewDisposeScope();
        (Tensor queries, Tensor keys, Tensor logSumExp) = heads.Select();
        Tensor result = zeros_like(logSumExp);
        foreach (Block block in Blocks(queries, keys, logSumExp, first, reach: high))
        {
            using var blockScope = NewDisposeScope();
            Tensor distance = block.Distance(queries.device), band = distance.AtLeast(low).logical_and_(distance.AtMost(high)).to(ScalarType.Float32);
            Tensor counted = isResponse.narrow(2, block.FirstQuery, block.Queries).unsqueeze(-1) * band;                        // [B, 1, queries, keys]
            result.narrow(2, block.FirstKey, block.Keys).Add_((block.Weights() * counted).sum(-2));
        }
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Cuts the positions into blocks of queries with the keys up to <paramref name="reach"/> before them.</summary>
    public static IEnumerable<Block> Blocks(Tensor queries, Tensor keys, Tensor logSumExp, int first, int reach)
    {
        int length = (int)queries.size(2);
        long maps = queries.size(0) * queries.size(1), widest = Math.Min(length, (long)reach + 128);
        int size = (int)Math.Clamp(BlockElements / (maps * widest), 16, 512);
        for (int start = first; start < length; start += size)
        {
            int rows = Math.Min(size, length - start), firstKey = (int)Math.Max(0L, (long)start - reach);
            yield return new Block(queries, keys, logSumExp, start, rows, firstKey, start + rows - firstKey);
        }
    }

    /// <summary>Some consecutive queries of all heads, with the keys before them that are within reach.</summary>
    internal readonly record struct Block(Tensor AllQueries, Tensor AllKeys, Tensor LogSumExp, int FirstQuery, int Queries, int FirstKey, int Keys)
    {
        /// <summary>A of the block [B, H, queries, keys]; what lies above the diagonal is not attention and must be masked by the caller.</summary>
        public Tensor Weights()
        {
            // Widened before the product: a score of 20 that is rounded to bfloat16 is off by 0.06, and its weight by as many percent.
            Tensor scaled = AllQueries.narrow(2, FirstQuery, Queries).AtLeastSingle().Over(Math.Sqrt(AllQueries.size(3)));
            Tensor scores = matmul(scaled, AllKeys.narrow(2, FirstKey, Keys).AtLeastSingle().transpose(-1, -2));
            // Above the diagonal a score may exceed the row's log-sum-exp by far; an infinity there would survive being masked with 0.
            return scores.sub_(LogSumExp.narrow(2, FirstQuery, Queries).unsqueeze(-1)).Clamp_(max: 0).exp_();
        }

        /// <summary>t − s, float32 [queries, keys].</summary>
        public Tensor Distance(Device device) =>
            TensorArithmetic.Range(FirstQuery, FirstQuery + Queries, ScalarType.Float32, device).unsqueeze(1)
            - TensorArithmetic.Range(FirstKey, FirstKey + Keys, ScalarType.Float32, device).unsqueeze(0);
    }
}
