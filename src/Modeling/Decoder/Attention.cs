using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Scaled dot-product attention in the forms that a decoder needs; scores are q·k / √(head size).</summary>
internal static class Attention
{
    // Scores: 4 MB in float32. Maps this small are no burden, and short sequences then agree with the reference implementations to the last bits.
    private const long SmallMap = 1 << 20;

    // TorchSharp wraps neither grouped queries nor the log-sum-exp that the flash kernel computes anyway: TorchScript reaches both.
    private static readonly Lazy<jit.CompilationUnit> Kernels = new(() => jit.compile(
        """
        def attend(q, k, v, mask: Optional[Tensor], causal: bool):
            return torch.scaled_dot_product_attention(q, k, v, mask, 0.0, causal, enable_gqa=True)

        def flash(q, k, v, mask: Optional[Tensor], causal: bool):
            return torch._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, causal, attn_mask=mask)

        """));

    /// <summary>Attention of queries [B, H, T, D] over keys and values [B, H_kv, S, D]: [B, H, T, D]. Differentiable.</summary>
    /// <param name="queries">[B, H, T, D].</param>
    /// <param name="keys">[B, H_kv, S, D].</param>
    /// <param name="values">[B, H_kv, S, D].</param>
    /// <param name="mask">Boolean, true = visible, broadcast to [B, H, T, S]; null = all, or those that <paramref name="causal"/> leaves.</param>
    /// <param name="causal">Whether a query sees its own position and those before it only; T = S. Not together with a mask.</param>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values, Tensor? mask, bool causal)
    {
        long heads = queries.size(1), keyHeads = keys.size(1);
        if (queries.size(2) == 1 && heads > keyHeads)
        {
            // One new position: the queries of a group attend to the same keys, so the group takes the place of the positions and nothing is repeated.
            Tensor grouped = queries.view(queries.size(0), keyHeads, heads / keyHeads, queries.size(3));
            return nn.functional.scaled_dot_product_attention(grouped, keys, values, mask!).view(queries.shape);
        }
        return IsSmall(queries.size(0), queries.size(1), queries.size(2), keys.size(2))
            ? Explicit(queries, keys, values, mask, causal).Output
            : (Tensor)Kernels.Value.invoke("attend", queries, keys, values, mask!, causal);
    }

    /// <summary>As <see cref="Attend"/>, with the log-sum-exp of every row of scores [B, H, T] (float32, or float64 for float64), from which any weight
    /// follows: A[t,s] = exp(q_t·k_s/√D − lse_t). The output is differentiable, the log-sum-exp is not.</summary>
    public static (Tensor Output, Tensor LogSumExp) AttendWithLogSumExp(Tensor queries, Tensor keys, Tensor values, Tensor? mask, bool causal)
    {
        if (IsSmall(queries.size(0), queries.size(1), queries.size(2), keys.size(2)))
        {
            (Tensor output, Tensor scores, Tensor weights) = Explicit(queries, keys, values, mask, causal);
            using var noGradient = no_grad();
            return (output, RowLogSumExp.Of(scores, weights));
        }
        if (queries.device_type == DeviceType.CPU)
        {
            long groups = queries.size(1) / keys.size(1);
            // The kernel shares keys among queries, but its gradient does not.
            if (groups > 1 && is_grad_enabled()) (keys, values) = (keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1));
            Tensor? additive = mask is null ? null : zeros(mask.shape, queries.dtype).Mask_(mask.logical_not(), double.NegativeInfinity);
            return ((Tensor, Tensor))Kernels.Value.invoke("flash", queries, keys, values, additive!, causal);
        }
        Tensor attended = Attend(queries, keys, values, mask, causal);
        using (no_grad()) return (attended, LogSumExp(queries, keys, mask, causal));
    }

    /// <summary>Whether the map [B, H, T, S] is computed as a whole, by its definition.</summary>
    public static bool IsSmall(long batch, long heads, long queries, long keys) => batch * heads * queries * keys <= SmallMap;

    /// <summary>Attention by its definition, operation by operation as transformers' eager attention: the output [B, H, T, D], and the scores and weights [B,
    /// H, T, S], at least float32.</summary>
    private static (Tensor Output, Tensor Scores, Tensor Weights) Explicit(Tensor queries, Tensor keys, Tensor values, Tensor? mask, bool causal)
    {
        long groups = queries.size(1) / keys.size(1), length = queries.size(2);
        if (groups > 1) (keys, values) = (keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1));
        Tensor scores = matmul(queries, keys.transpose(2, 3)).Times(1 / Math.Sqrt(queries.size(3)));
        Tensor? hidden = causal ? ones(length, keys.size(2), dtype: ScalarType.Bool, device: queries.device).triu(1) : mask?.logical_not();
        if (hidden is not null) scores = scores.Masked(hidden, double.NegativeInfinity);
        Tensor weights = nn.functional.softmax(scores.to(ScalarType.Float32), -1);
        return (matmul(weights.to(values.dtype), values), scores.AtLeastSingle(), weights);
    }

    /// <summary>The scores' log-sum-exp on devices whose flash kernel is not reached from here: in blocks of queries, O(T) memory.</summary>
    private static Tensor LogSumExp(Tensor queries, Tensor keys, Tensor? mask, bool causal)
    {
        const int block = 128;
        long length = queries.size(2), heads = queries.size(1);
        Tensor scaled = queries.Over(Math.Sqrt(queries.size(3))), allKeys = keys.repeat_interleave(heads / keys.size(1), 1).transpose(-1, -2);
        Tensor result = empty([queries.size(0), heads, length], Precision.Of(queries.dtype), queries.device);
        for (long start = 0; start < length; start += block)
        {
            using var scope = NewDisposeScope();
            long rows = Math.Min(block, length - start), visible = causal ? start + rows : length;
            Tensor scores = matmul(scaled.narrow(2, start, rows), allKeys.narrow(3, 0, visible)).AtLeastSingle();
            if (causal) scores.Mask_(ones(rows, visible, dtype: ScalarType.Bool, device: queries.device).triu(start + 1), double.NegativeInfinity);
            if (mask is not null)
                scores.Mask_(
                    mask.narrow(-2, mask.size(-2) == 1 ? 0 : start, mask.size(-2) == 1 ? 1 : rows).narrow(-1, 0, visible).logical_not(),
                    double.NegativeInfinity);
            result.narrow(2, start, rows).copy_(scores.logsumexp(-1));
        }
        return result;
    }
}
