using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Sums over bands of attention maps: only the weights in the band are computed, each once, and none is stored.</summary>
internal static unsafe class AttentionBandKernel
{
    [ThreadStatic]
    private static float[]? _scratch;

    /// <summary>What is done with the weights of one query.</summary>
    /// <param name="weights">[count].</param>
    /// <param name="count">Keys.</param>
    /// <param name="query">The query.</param>
    /// <param name="firstKey">The key of the first weight.</param>
    /// <param name="result">[T] of this head.</param>
    private delegate void Use(float* weights, int count, int query, int firstKey, float* result);

    /// <inheritdoc cref="AttentionBands.WindowedDistance"/>
    public static Tensor WindowedDistance(Tensor queries, Tensor keys, Tensor logSumExp, int window, int visible, int first) =>
        Run(queries, keys, logSumExp, 0, Math.Min(window, visible) - 1, first, isResponse: null, (weights, count, query, firstKey, result) =>
        {
            float near = 0;
            for (int i = 0; i < count; i++) near += weights[i] * (window - (query - firstKey - i));
            result[query] = window - near;
        });

    /// <inheritdoc cref="AttentionBands.FutureSum"/>
    public static Tensor FutureSum(Tensor queries, Tensor keys, Tensor logSumExp, int low, int high, int first, Tensor isResponse) =>
        Run(queries, keys, logSumExp, low, high, first, isResponse, (weights, count, _, firstKey, result) =>
        {
            float* sums = result + firstKey;
            int i = 0;
            for (; i + 16 <= count; i += 16) (Vector512.Load(sums + i) + Vector512.Load(weights + i)).Store(sums + i);
            for (; i < count; i++) sums[i] += weights[i];
        });

    private static Tensor Run(Tensor queries, Tensor keys, Tensor logSumExp, int low, int high, int first, Tensor? isResponse, Use use)
    {
        using var scope = NewDisposeScope();
        (queries, keys, logSumExp, isResponse) = (queries.contiguous(), keys.contiguous(), logSumExp.contiguous(), isResponse?.contiguous());
        Tensor result = zeros_like(logSumExp);
        if (queries.dtype == ScalarType.BFloat16) Run<ushort, BFloat16Element>(queries, keys, logSumExp, low, high, first, isResponse, use, result);
        else Run<float, SingleElement>(queries, keys, logSumExp, low, high, first, isResponse, use, result);
        return result.MoveToOuterDisposeScope();
    }

    private static void Run<T, TElement>(Tensor queries, Tensor keys, Tensor logSumExp, int low, int high, int first, Tensor? isResponse, Use use, Tensor result)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int heads = (int)queries.shape[1], length = (int)queries.shape[2], size = (int)queries.shape[3], items = (int)queries.shape[0] * heads;
        fixed (T* allQueries = KernelSupport.Elements<T>(queries), allKeys = KernelSupport.Elements<T>(keys))
        fixed (float* sums = KernelSupport.Elements<float>(logSumExp), results = KernelSupport.Elements<float>(result), counted = isResponse is null ? default : KernelSupport.Elements<float>(isResponse))
        {
            (nint queriesAt, nint keysAt, nint sumsAt, nint resultsAt, nint countedAt) = ((nint)allQueries, (nint)allKeys, (nint)sums, (nint)results, (nint)counted);
            long band = Math.Min(length, (long)high - low + 1);
            WorkerTeam.For(items, length * band * size / 4, (start, end) =>
            {
                for (int item = start; item < end; item++)
                {
                    nint at = (nint)item * length;
                    float* isCounted = (float*)countedAt + (nint)(item / heads) * length;
                    for (int query = Math.Max(first, low); query < length; query++)
                    {
                        if (countedAt != 0 && isCounted[query] == 0) continue;
                        int from = (int)Math.Max(0L, (long)query - high), count = query - low - from + 1;
                        if (count <= 0) continue;
                        float* weights = Weights<T, TElement>((T*)queriesAt + (at + query) * size, (T*)keysAt + (at + from) * size, ((float*)sumsAt)[at + query], count, size);
                        use(weights, count, query, from, (float*)resultsAt + at);
                    }
                }
            });
        }
        GC.KeepAlive(result);
    }

    /// <summary>exp(q·k_s/√D − lse) for consecutive keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* Weights<T, TElement>(T* query, T* keys, float logSumExp, int count, int size) where T : unmanaged where TElement : IVectorElement<T>
    {
        int padded = (count + 15) & ~15;
        float* weights = KernelSupport.Scratch(ref _scratch, padded + size), scaled = weights + padded;
        float scale = 1 / MathF.Sqrt(size);
        for (int i = 0; i < size; i++) scaled[i] = TElement.Widen(query[i]) * scale;
        CachedAttention.Score<T, TElement>(scaled, keys, weights, count, 1, size);
        Vector512<float> shift = Vector512.Create(logSumExp);
        for (int i = 0; i < padded; i += 16) VectorExponential.Of(Vector512.Load(weights + i) - shift).Store(weights + i);
        return weights;
    }
}
