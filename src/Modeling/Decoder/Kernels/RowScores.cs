using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Log-probability and entropy of tokens from rows of logits, without a copy of them: as torch operations they are six tensors of that size.</summary>
internal static unsafe class RowScores
{
    /// <summary>log p(target) and, if wanted, H = −Σ p log p of every row, nats, with p = softmax(logits / temperature).</summary>
    /// <param name="logits">bfloat16 [M, V], contiguous.</param>
    /// <param name="targets">int64 [M].</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <param name="logProbabilities">float32 [M], contiguous; filled in.</param>
    /// <param name="entropies">float32 [M], contiguous; filled in; null = not wanted.</param>
    public static void Fill(Tensor logits, Tensor targets, double temperature, Tensor logProbabilities, Tensor? entropies)
    {
        float scale = (float)(1 / temperature);
        int rows = (int)logits.size(0), width = (int)logits.size(1);
        fixed (ushort* source = KernelSupport.Elements<ushort>(logits))
        fixed (long* chosen = KernelSupport.Elements<long>(targets))
        fixed (
            float* logs = KernelSupport.Elements<float>(logProbabilities),
            uncertainty = entropies is null ? default : KernelSupport.Elements<float>(entropies))
        {
            (nint sourceAt, nint chosenAt, nint logsAt, nint uncertaintyAt) = ((nint)source, (nint)chosen, (nint)logs, (nint)uncertainty);
            WorkerTeam.For(rows, 2L * width, (start, end) =>
            {
                for (int row = start; row < end; row++)
                {
                    (float logProbability, float entropy) = Row((ushort*)sourceAt + (nint)row * width, width, ((long*)chosenAt)[row], scale);
                    ((float*)logsAt)[row] = logProbability;
                    if (uncertaintyAt != 0) ((float*)uncertaintyAt)[row] = entropy;
                }
            });
        }
        GC.KeepAlive(logits);
        GC.KeepAlive(targets);
        GC.KeepAlive(logProbabilities);
        GC.KeepAlive(entropies);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float LogProbability, float Entropy) Row(ushort* logits, int width, long target, float scale)
    {
        int whole = width & ~15;
        float largest = VectorReduction.Largest<ushort, BFloat16Element>(logits, width);

        // With x = (logit − largest) / τ: log p = x − log Σ eˣ, and H = log Σ eˣ − Σ x·eˣ / Σ eˣ.
        Vector512<float> shift = Vector512.Create(largest), scales = Vector512.Create(scale), sums = Vector512<float>.Zero, moments = sums;
        for (int i = 0; i < whole; i += 16)
        {
            Vector512<float> x = (BFloat16Element.Load(ref logits[i]) - shift) * scales, e = VectorExponential.Of(x);
            sums += e;
            // 0 · −∞ is no number, but p log p → 0.
            moments = Vector512.FusedMultiplyAdd(Vector512.MaxNative(Vector512.Create(-1e30f), x), e, moments);
        }
        (float sum, float moment) = (VectorReduction.Sum(sums), VectorReduction.Sum(moments));
        for (int i = whole; i < width; i++)
        {
            float x = (BFloat16Element.Widen(logits[i]) - largest) * scale, e = MathF.Exp(x);
            sum += e;
            moment += MathF.Max(x, -1e30f) * e;
        }
        float log = MathF.Log(sum);
        return ((BFloat16Element.Widen(logits[target]) - largest) * scale - log, log - moment / sum);
    }
}
