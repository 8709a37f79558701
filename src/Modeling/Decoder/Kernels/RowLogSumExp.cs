using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The log-sum-exp of rows whose softmax is known, without a second exponential: the largest score less the logarithm of the largest weight.</summary>
internal static unsafe class RowLogSumExp
{
    /// <param name="scores">float32 [.., S], contiguous.</param>
    /// <param name="weights">Their softmax over the last dimension, likewise.</param>
    /// <returns>float32 [..]; NaN for rows that have no softmax.</returns>
    public static Tensor Of(Tensor scores, Tensor weights)
    {
        if (!KernelSupport.Covers(scores)) return scores.amax([-1]).sub_(weights.amax([-1]).log_());
        int length = (int)scores.size(-1);
        Tensor result = empty(scores.shape[..^1]);
        fixed (
            float* scored = KernelSupport.Elements<float>(scores),
            weighted = KernelSupport.Elements<float>(weights),
            target = KernelSupport.Elements<float>(result))
        {
            (nint scoresAt, nint weightsAt, nint resultAt) = ((nint)scored, (nint)weighted, (nint)target);
            WorkerTeam.For((int)result.numel(), 2L * length, (start, end) =>
            {
                for (int row = start; row < end; row++)
                {
                    nint first = (nint)row * length;
                    ((float*)resultAt)[row] =
                        VectorReduction.Largest<float, SingleElement>((float*)scoresAt + first, length)
                        - MathF.Log(VectorReduction.Largest<float, SingleElement>((float*)weightsAt + first, length));
                }
            });
        }
        GC.KeepAlive(scores);
        GC.KeepAlive(weights);
        GC.KeepAlive(result);
        return result;
    }
}
