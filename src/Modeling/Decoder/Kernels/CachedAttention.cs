using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Attention of one new position per row over the cached ones, straight from the cache.</summary>
/// <remarks>The query heads that share keys are computed together, so that each key and value is read once. Scores and sums are in float32 for either
/// type.</remarks>
internal static class CachedAttention
{
    /// <summary>The processor foresees no further than a page.</summary>
    private const int PageBytes = 4096;

    [ThreadStatic]
    private static float[]? _scratch;

    /// <summary>Stores the new position's keys and values in the cache and attends.</summary>
    /// <param name="projected">[B, 1, H + 2 · H_kv, D], contiguous, queries and keys turned.</param>
    /// <param name="keys">[B, H_kv, capacity, D], contiguous; <paramref name="past"/> positions are filled.</param>
    /// <param name="values">As <paramref name="keys"/>.</param>
    /// <param name="past">Positions before the new one.</param>
    /// <param name="padding">Positions at the start of each row that nobody sees; null = none.</param>
    /// <param name="window">Keys that a query sees, itself included; null = all.</param>
    /// <returns>[B, 1, H · D].</returns>
    public static Tensor Apply(Tensor projected, Tensor keys, Tensor values, int past, int[]? padding, int? window)
    {
        long heads = projected.size(2) - 2 * keys.size(1);
        Tensor output = empty([projected.size(0), 1, heads * projected.size(3)], projected.dtype);
        if (projected.dtype == ScalarType.BFloat16) Run<ushort, BFloat16Element>(projected, keys, values, output, past, padding, window);
        else Run<float, SingleElement>(projected, keys, values, output, past, padding, window);
        return output;
    }

    private static unsafe void Run<T, TElement>(Tensor projected, Tensor keys, Tensor values, Tensor output, int past, int[]? padding, int? window)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int keyHeads = (int)keys.size(1), size = (int)keys.size(3), allHeads = (int)projected.size(2),
            heads = allHeads - 2 * keyHeads, group = heads / keyHeads;
        long capacity = keys.size(2);
        int items = (int)projected.size(0) * keyHeads;
        fixed (
            T* source = KernelSupport.Elements<T>(projected),
            allKeys = KernelSupport.Elements<T>(keys),
            allValues = KernelSupport.Elements<T>(values),
            target = KernelSupport.Elements<T>(output))
        {
            (nint sourceAt, nint keysAt, nint valuesAt, nint targetAt) = ((nint)source, (nint)allKeys, (nint)allValues, (nint)target);
            WorkerTeam.For(items, 2L * (past + 1) * size * group, (start, end) =>
            {
                for (int item = start; item < end; item++)
                {
                    int row = item / keyHeads, keyHead = item % keyHeads;
                    T* head = (T*)sourceAt + (nint)row * allHeads * size;
                    T* rowKeys = (T*)keysAt + (nint)(item * capacity) * size, rowValues = (T*)valuesAt + (nint)(item * capacity) * size;
                    new ReadOnlySpan<T>(head + (heads + keyHead) * size, size).CopyTo(new Span<T>(rowKeys + (nint)past * size, size));
                    new ReadOnlySpan<T>(head + (heads + keyHeads + keyHead) * size, size).CopyTo(new Span<T>(rowValues + (nint)past * size, size));
                    int first = Math.Max(padding is null ? 0 : padding[row], window is { } width ? past + 1 - width : 0);
                    // Where the next item begins. Short rows would otherwise be over when the processor has seen where they lead.
                    int ahead = Math.Min((past - first) * size, PageBytes / sizeof(T));
                    KernelSupport.Prefetch(rowKeys + (nint)(capacity + first) * size, ahead);
                    KernelSupport.Prefetch(rowValues + (nint)(capacity + first) * size, ahead);
                    Attend<T, TElement>(
                        head + keyHead * group * size, rowKeys + (nint)first * size, rowValues + (nint)first * size,
                        (T*)targetAt + ((nint)row * heads + keyHead * group) * size, past + 1 - first, group, size);
                }
            });
        }
        GC.KeepAlive(projected);
        GC.KeepAlive(keys);
        GC.KeepAlive(values);
        GC.KeepAlive(output);
    }

    /// <summary>A group of query heads over the <paramref name="count"/> keys and values that they share.</summary>
    private static unsafe void Attend<T, TElement>(T* queries, T* keys, T* values, T* output, int count, int group, int size)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int stride = (count + 15) & ~15;
        float* scaled = KernelSupport.Scratch(ref _scratch, group * (stride + size)), scores = scaled + group * size;
        float scale = 1 / MathF.Sqrt(size);
        for (int i = 0; i < group * size; i++) scaled[i] = TElement.Widen(queries[i]) * scale;
        Score<T, TElement>(scaled, keys, scores, count, stride, group, size);
        for (int head = 0; head < group; head++)
        {
            float total = Exponentiate(scores + head * stride, count, stride);
            Mix<T, TElement>(scores + head * stride, values, output + head * size, count, size, 1 / total);
        }
    }

    /// <summary>scores[head, s] = query · key_s.</summary>
    /// <param name="queries">[group, D], scaled.</param>
    /// <param name="keys">[count, D].</param>
    /// <param name="scores">[group, stride].</param>
    /// <param name="count">Keys.</param>
    /// <param name="stride">From one head's scores to the next's.</param>
    /// <param name="group">Heads that share the keys.</param>
    /// <param name="size">D.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Score<T, TElement>(float* queries, T* keys, float* scores, int count, int stride, int group, int size)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int whole = size & ~15, s = 0;
        for (; s + 4 <= count; s += 4)
        {
            T* key = keys + (nint)s * size;
            for (int head = 0; head < group; head++)
            {
                float* query = queries + head * size;
                Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
                for (int i = 0; i < whole; i += 16)
                {
                    Vector512<float> part = Vector512.Load(query + i);
                    a = Vector512.FusedMultiplyAdd(part, TElement.Load(ref key[i]), a);
                    b = Vector512.FusedMultiplyAdd(part, TElement.Load(ref key[size + i]), b);
                    c = Vector512.FusedMultiplyAdd(part, TElement.Load(ref key[2 * size + i]), c);
                    d = Vector512.FusedMultiplyAdd(part, TElement.Load(ref key[3 * size + i]), d);
                }
                float* four = scores + head * stride + s;
                VectorReduction.Sums(a, b, c, d).Store(four);
                if (whole == size) continue;
                for (int j = 0; j < 4; j++) four[j] += Rest(query, key + j * size);
            }
        }
        for (; s < count; s++)
            for (int head = 0; head < group; head++)
            {
                float* query = queries + head * size;
                T* key = keys + (nint)s * size;
                Vector512<float> sum = Vector512<float>.Zero;
                for (int i = 0; i < whole; i += 16) sum = Vector512.FusedMultiplyAdd(Vector512.Load(query + i), TElement.Load(ref key[i]), sum);
                scores[head * stride + s] = VectorReduction.Sum(sum) + Rest(query, key);
            }

        float Rest(float* query, T* key)
        {
            float sum = 0;
            for (int i = whole; i < size; i++) sum += query[i] * TElement.Widen(key[i]);
            return sum;
        }
    }

    /// <summary>Replaces scores by exp(score − largest), and what follows them up to a whole vector by 0; returns their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe float Exponentiate(float* scores, int count, int stride)
    {
        for (int s = count; s < stride; s++) scores[s] = float.NegativeInfinity;
        Vector512<float> sum = Vector512<float>.Zero, shift = Vector512.Create(VectorReduction.Largest<float, SingleElement>(scores, stride));
        for (int s = 0; s < stride; s += 16)
        {
            Vector512<float> weight = VectorExponential.Of(Vector512.Load(scores + s) - shift);
            weight.Store(scores + s);
            sum += weight;
        }
        return VectorReduction.Sum(sum);
    }

    /// <summary>output = Σ_s weights[s] · value_s · scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Mix<T, TElement>(float* weights, T* values, T* output, int count, int size, float scale)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int done = 0;
        for (; done + 64 <= size; done += 64)
        {
            Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
            for (int s = 0; s < count; s++)
            {
                Vector512<float> weight = Vector512.Create(weights[s]);
                T* value = values + (nint)s * size + done;
                a = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value[0]), a);
                b = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value[16]), b);
                c = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value[32]), c);
                d = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value[48]), d);
            }
            TElement.Store(a * scale, ref output[done]);
            TElement.Store(b * scale, ref output[done + 16]);
            TElement.Store(c * scale, ref output[done + 32]);
            TElement.Store(d * scale, ref output[done + 48]);
        }
        for (; done + 16 <= size; done += 16)
        {
            // Four sums, so that none waits for the one before it.
            Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
            T* value = values + done;
            int s = 0;
            for (; s + 4 <= count; s += 4, value += 4 * size)
            {
                a = Vector512.FusedMultiplyAdd(Vector512.Create(weights[s]), TElement.Load(ref value[0]), a);
                b = Vector512.FusedMultiplyAdd(Vector512.Create(weights[s + 1]), TElement.Load(ref value[size]), b);
                c = Vector512.FusedMultiplyAdd(Vector512.Create(weights[s + 2]), TElement.Load(ref value[2 * size]), c);
                d = Vector512.FusedMultiplyAdd(Vector512.Create(weights[s + 3]), TElement.Load(ref value[3 * size]), d);
            }
            for (; s < count; s++, value += size) a = Vector512.FusedMultiplyAdd(Vector512.Create(weights[s]), TElement.Load(ref value[0]), a);
            TElement.Store((a + b + (c + d)) * scale, ref output[done]);
        }
        for (; done < size; done++)
        {
            float sum = 0;
            for (int s = 0; s < count; s++) sum += weights[s] * TElement.Widen(values[(nint)s * size + done]);
            output[done] = TElement.Narrow(sum * scale);
        }
    }
}
