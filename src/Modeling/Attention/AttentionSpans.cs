using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>How far each head looks back, without its map: Σ_s A[t,s] · s is attention over one more value, the key's position.</summary>
internal static class AttentionSpans
{
    private const int SlidingBlock = 512;

    /// <summary>The distance that every query looks back on average, t − Σ_s A[t,s] · s: [B, H, T].</summary>
    /// <param name="heads">All heads of a layer.</param>
    /// <param name="window">Keys that a query sees, itself included; null = all before it.</param>
    public static Tensor Distances(ObservedHeads heads, int? window)
    {
        if (KernelSupport.Covers(heads.Queries)) return AttentionBandKernel.Distance(heads, window ?? heads.Length);
        (Tensor queries, Tensor keys) = (heads.Queries, heads.Keys);
        using var scope = NewDisposeScope();
        (queries, keys) = (queries.AtLeastSingle(), keys.AtLeastSingle());
        return (window < queries.size(2) ? SlidingDistance(queries, keys, window.Value) : Distance(queries, keys, mask: null)).MoveToOuterDisposeScope();
    }

    /// <summary>d of every head in every sequence (Eq. 7), [B, H]: the mean distance over its response tokens.</summary>
    /// <param name="distances">[B, H, T].</param>
    /// <param name="isResponse">float32 [B, 1, T], 1 at response tokens.</param>
    /// <param name="responseLengths">|R| of each sequence.</param>
    public static double[,] Mean(Tensor distances, Tensor isResponse, int[] responseLengths)
    {
        using var scope = NewDisposeScope();
        (int batch, int heads) = ((int)distances.size(0), (int)distances.size(1));
        double[] sums = (distances * isResponse).to(ScalarType.Float64).sum(2).ToDoubles();
        double[,] spans = new double[batch, heads];
        for (int row = 0; row < batch; row++)
            for (int head = 0; head < heads; head++)
                spans[row, head] = sums[row * heads + head] / responseLengths[row];
        return spans;
    }

    /// <summary>t − Σ_s A[t,s] · s, [B, H, queries], of the last of the keys' positions. Positions are centred, so that float32 keeps those of long sequences
    /// apart.</summary>
    private static Tensor Distance(Tensor queries, Tensor keys, Tensor? mask)
    {
        long length = keys.size(2);
        Tensor centred = TensorArithmetic.Range(0, length, queries.dtype, queries.device).Minus(length / 2);   // [keys]
        Tensor positions = centred.view(1, 1, -1, 1).expand(keys.shape).contiguous(); // [B, H_kv, keys, D]: the kernel wants values of the head's size
        Tensor attended = Attention.Attend(queries, keys, positions, mask, causal: mask is null).select(3, 0); // [B, H, queries]
        return centred.narrow(0, length - queries.size(2), queries.size(2)) - attended;
    }

    /// <summary>The same where a query sees a window of keys: in blocks of queries with the keys they see, so that no mask is T × T.</summary>
    private static Tensor SlidingDistance(Tensor queries, Tensor keys, int window)
    {
        long length = queries.size(2);
        Tensor result = empty(queries.shape[..3], queries.dtype, queries.device);
        for (long start = 0; start < length; start += SlidingBlock)
        {
            using var scope = NewDisposeScope();
            long rows = Math.Min(SlidingBlock, length - start), firstKey = Math.Max(0, start - window + 1), seen = start + rows - firstKey;
            Tensor mask = ones(rows, seen, dtype: ScalarType.Bool, device: queries.device)
                .tril(seen - rows)
                .triu(seen - rows - window + 1)
                .view(1, 1, rows, seen);
            result.narrow(2, start, rows).copy_(Distance(queries.narrow(2, start, rows), keys.narrow(2, firstKey, seen), mask));
        }
        return result;
    }
}
