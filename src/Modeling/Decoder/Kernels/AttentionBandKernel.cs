using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Sums over bands of attention maps: only the weights in the band are computed, each once, and none is stored.</summary>
internal static unsafe class AttentionBandKernel
{
    /// <summary>Keys that are turned at a time, so that consecutive ones lie side by side: with heads of 64 about what the nearest cache holds.</summary>
    private const int Chunk = 128;

    /// <summary>Weights that are computed at a time, at most: two vectors.</summary>
    private const int Block = 32;

    /// <summary>From one dimension of turned keys to the next. A block may begin at a chunk's last key.</summary>
    private const int Stride = Chunk + Block;

    [ThreadStatic]
    private static float[]? _scratch;

    /// <summary>What is done with the weights of one query.</summary>
    /// <param name="weights">[count], then zeros up to a whole vector.</param>
    /// <param name="count">Keys.</param>
    /// <param name="query">The query.</param>
    /// <param name="firstKey">The key of the first weight.</param>
    /// <param name="result">[T + block] of this head.</param>
    private delegate void Use(float* weights, int count, int query, int firstKey, float* result);

    /// <inheritdoc cref="AttentionBands.WindowedDistance"/>
    public static Tensor WindowedDistance(ObservedHeads heads, int window, int visible, int first) =>
        // Σ A · min(t − s, W) = W − Σ (W − (t − s)) · A over the keys nearer than W, since rows add up to one.
        Run(heads, 0, Math.Min(window, visible) - 1, first, isResponse: null, initial: window, (weights, count, query, firstKey, result) =>
            result[query] -= Weighted(weights, count, window - query + firstKey, 1));

    /// <inheritdoc cref="AttentionSpans.Distances"/>
    public static Tensor Distance(ObservedHeads heads, int visible) =>
        Run(heads, 0, visible - 1, first: 0, isResponse: null, initial: 0, (weights, count, query, firstKey, result) =>
            result[query] += Weighted(weights, count, query - firstKey, -1));

    /// <inheritdoc cref="AttentionBands.FutureSum"/>
    public static Tensor FutureSum(ObservedHeads heads, int low, int high, int first, Tensor isResponse) =>
        Run(heads, low, high, first, isResponse, initial: 0, (weights, count, _, firstKey, result) =>
        {
            float* sums = result + firstKey;
            for (int i = 0; i < count; i += 16) (Vector512.Load(sums + i) + Vector512.Load(weights + i)).Store(sums + i);
        });

    /// <summary>Σ weights[i] · (start + i · step).</summary>
    private static float Weighted(float* weights, int count, float start, float step)
    {
        Vector512<float> factors = VectorSequence.From(start, step), next = Vector512.Create(16 * step), sum = Vector512<float>.Zero;
        for (int i = 0; i < count; i += 16, factors += next) sum = Vector512.FusedMultiplyAdd(Vector512.Load(weights + i), factors, sum);
        return VectorReduction.Sum(sum);
    }

    /// <summary>Hands the weights of every query from <paramref name="first"/> on, for the keys from <paramref name="high"/> to <paramref name="low"/> before
    /// it, to <paramref name="use"/>: [B, heads, T], which are <paramref name="initial"/> from <paramref name="first"/> on before it is called.</summary>
    private static Tensor Run(ObservedHeads heads, int low, int high, int first, Tensor? isResponse, float initial, Use use)
    {
        using var scope = NewDisposeScope();
        Tensor result = empty([heads.Queries.size(0), heads.Indices.Length, heads.Length]);
        if (heads.Queries.dtype == ScalarType.BFloat16) Run<ushort, BFloat16Element>(heads, low, high, first, isResponse, initial, use, result);
        else Run<float, SingleElement>(heads, low, high, first, isResponse, initial, use, result);
        return result.MoveToOuterDisposeScope();
    }

    private static void Run<T, TElement>(ObservedHeads heads, int low, int high, int first, Tensor? isResponse, float initial, Use use, Tensor result)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        Tensor queries = KernelSupport.WithRowsInOne(heads.Queries), keys = KernelSupport.WithRowsInOne(heads.Keys), logSumExp = heads.LogSumExp.contiguous();
        int[] indices = heads.Indices;
        int count = indices.Length, length = heads.Length, size = (int)queries.size(3), allHeads = (int)queries.size(1), shared = allHeads / (int)keys.size(1);
        long[] queryStrides = queries.stride(), keyStrides = keys.stride();
        fixed (T* allQueries = KernelSupport.Elements<T>(queries), allKeys = KernelSupport.Elements<T>(keys))
        fixed (
            float* sums = KernelSupport.Elements<float>(logSumExp),
            results = KernelSupport.Elements<float>(result),
            counted = isResponse is null ? default : KernelSupport.Elements<float>(isResponse))
        {
            (nint queriesAt, nint keysAt, nint sumsAt, nint resultsAt, nint countedAt) =
                ((nint)allQueries, (nint)allKeys, (nint)sums, (nint)results, (nint)counted);
            long band = Math.Min(length, (long)high - low + 1);
            WorkerTeam.For((int)queries.size(0) * count, length * (8 + 20 * (1 + band / Block)) * size, (start, end) =>
            {
                for (int item = start; item < end; item++)
                {
                    (int row, int head) = (item / count, indices[item % count]);
                    Head<T, TElement>(
                        (T*)queriesAt + row * queryStrides[0] + head * queryStrides[1], queryStrides[2],
                        (T*)keysAt + row * keyStrides[0] + head / shared * keyStrides[1], keyStrides[2],
                        (float*)sumsAt + ((nint)row * allHeads + head) * length, countedAt == 0 ? null : (float*)countedAt + (nint)row * length,
                        (float*)resultsAt + (nint)item * length, length, size, low, high, first, initial, use);
                }
            });
        }
        GC.KeepAlive(queries);
        GC.KeepAlive(keys);
        GC.KeepAlive(logSumExp);
        GC.KeepAlive(isResponse);
        GC.KeepAlive(result);
    }

    /// <summary>One head of one sequence, by chunks of keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Head<T, TElement>(
        T* queries, long queryStride, T* keys, long keyStride, float* logSumExp, float* counted, float* output,
        int length, int size, int low, int high, int first, float initial, Use use)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        float* scaled = KernelSupport.Scratch(ref _scratch, size + Stride + size * Stride + length + Block),
            weights = scaled + size,
            turned = weights + Stride,
            result = turned + size * Stride;
        new Span<float>(result, first).Clear();
        new Span<float>(result + first, length - first).Fill(initial);
        float scale = 1 / MathF.Sqrt(size);
        for (int chunk = (int)Math.Max(0L, (long)first - high); chunk < length - low; chunk += Chunk)
        {
            int chunkEnd = Math.Min(chunk + Chunk, length);
            for (int key = chunk; key < chunkEnd; key++)
            {
                KernelSupport.Prefetch(keys + (key + KernelSupport.RowsAhead) * keyStride, size);
                for (int i = 0; i < size; i++) turned[i * Stride + key - chunk] = TElement.Widen(keys[key * keyStride + i]);
            }
            int lastQuery = (int)Math.Min(length - 1, (long)chunkEnd - 1 + high);
            for (int query = Math.Max(first, chunk + low); query <= lastQuery; query++)
            {
                KernelSupport.Prefetch(queries + (query + KernelSupport.RowsAhead) * queryStride, size);
                if (counted != null && counted[query] == 0) continue;
                int from = (int)Math.Max(chunk, (long)query - high), count = Math.Min(chunkEnd, query - low + 1) - from;
                Scale<T, TElement>(queries + query * queryStride, scaled, size, scale);
                Weights(scaled, turned + from - chunk, logSumExp[query], weights, count, size);
                use(weights, count, query, from, result);
            }
        }
        new Span<float>(result, length).CopyTo(new Span<float>(output, length));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale<T, TElement>(T* values, float* scaled, int size, float scale) where T : unmanaged where TElement : IVectorElement<T>
    {
        int i = 0;
        for (; i + 16 <= size; i += 16) (TElement.Load(ref values[i]) * Vector512.Create(scale)).Store(scaled + i);
        for (; i < size; i++) scaled[i] = TElement.Widen(values[i]) * scale;
    }

    /// <summary>exp(q·k_s/√D − lse) for consecutive keys, and zeros up to a whole vector. Dimensions are summed by twos (D is even), so that no sum waits for
    /// itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weights(float* query, float* keys, float logSumExp, float* weights, int count, int size)
    {
        Vector512<float> shift = Vector512.Create(logSumExp);
        int i = 0;
        for (; count - i > Block / 2; i += Block)
        {
            Vector512<float> a = Vector512<float>.Zero, b = a, a2 = a, b2 = a;
            float* key = keys + i;
            for (int j = 0; j < size; j += 2, key += 2 * Stride)
            {
                Vector512<float> part = Vector512.Create(query[j]), next = Vector512.Create(query[j + 1]);
                a = Vector512.FusedMultiplyAdd(part, Vector512.Load(key), a);
                b = Vector512.FusedMultiplyAdd(part, Vector512.Load(key + 16), b);
                a2 = Vector512.FusedMultiplyAdd(next, Vector512.Load(key + Stride), a2);
                b2 = Vector512.FusedMultiplyAdd(next, Vector512.Load(key + Stride + 16), b2);
            }
            Store(a + a2 - shift, count - i, weights + i);
            Store(b + b2 - shift, count - i - 16, weights + i + 16);
        }
        // The window of WAAD, ten keys by default, is one vector.
        if (i >= count) return;
        Vector512<float> last = Vector512<float>.Zero, last2 = last;
        for (int j = 0; j < size; j += 2)
        {
            float* key = keys + i + j * Stride;
            last = Vector512.FusedMultiplyAdd(Vector512.Create(query[j]), Vector512.Load(key), last);
            last2 = Vector512.FusedMultiplyAdd(Vector512.Create(query[j + 1]), Vector512.Load(key + Stride), last2);
        }
        Store(last + last2 - shift, count - i, weights + i);
    }

    /// <summary>Stores eˣ of the first <paramref name="count"/> numbers, and zeros for the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> x, int count, float* target) =>
        Vector512.ConditionalSelect(
            Vector512.LessThan(VectorSequence.Indices, Vector512.Create((float)count)),
            VectorExponential.Of(x),
            Vector512<float>.Zero).Store(target);
}
