using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The gradient of <see cref="FlashAttention"/>, and of the rotation before it: block by block, with weights computed a second time from the
/// log-sum-exp (Dao et al., arXiv 2205.14135, algorithm 4).</summary>
/// <remarks>
/// One thread computes all that concerns a head of keys in a row, with all heads of queries that share it: nothing is summed up across threads, and the result
/// is the same for any number of them. Scores are kept with keys as rows and queries as columns: all five products of a pair of tiles then read what they
/// multiply as it lies. Queries whose output has no gradient (padding, a prompt in the last layer, responses without an advantage) cost next to nothing.
/// </remarks>
internal static unsafe class FlashAttentionGradient
{
    /// <summary>Queries, and keys, of a tile.</summary>
    private const int Tile = 64;

    /// <summary>Keys whose scores are held at once: as many as one vector has queries, so that on the diagonal all of them begin at the same vector.</summary>
    private const int Strip = 16;

    /// <param name="projected">[B, T, H + 2 · H_kv, D], contiguous, queries and keys turned: what <see cref="FlashAttention.Apply"/> was given, without
    /// padding.</param>
    /// <param name="keyHeads">H_kv.</param>
    /// <param name="window">Keys that a query sees, itself included; null = all before it.</param>
    /// <param name="output">[B, T, H · D], what it gave, contiguous.</param>
    /// <param name="logSumExp">float32 [B, H, T], what it gave.</param>
    /// <param name="gradient">[B, T, H · D], that of the output, contiguous.</param>
    /// <param name="cos">float32 [T, 1, D], by which queries and keys were turned.</param>
    /// <param name="signedSin">float32 [T, 1, D], minus in the first half.</param>
    /// <returns>The gradient of the projection before queries and keys were turned, of its shape and type.</returns>
    public static Tensor Apply(
        Tensor projected, int keyHeads, int? window, Tensor output, Tensor logSumExp, Tensor gradient, Tensor cos, Tensor signedSin)
    {
        Tensor result = empty_like(projected);
        if (projected.dtype == ScalarType.BFloat16)
            Run<ushort, BFloat16Element>(projected, keyHeads, window, output, logSumExp, gradient, cos, signedSin, result);
        else
            Run<float, SingleElement>(projected, keyHeads, window, output, logSumExp, gradient, cos, signedSin, result);
        return result;
    }

    private static void Run<T, TElement>(
        Tensor projected, int keyHeads, int? window, Tensor output, Tensor logSumExp, Tensor gradient, Tensor cos, Tensor signedSin, Tensor result)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int batch = (int)projected.size(0), length = (int)projected.size(1), heads = (int)projected.size(2) - 2 * keyHeads, size = (int)projected.size(3);
        fixed (
            T* source = KernelSupport.Elements<T>(projected),
            mixed = KernelSupport.Elements<T>(output),
            slope = KernelSupport.Elements<T>(gradient),
            target = KernelSupport.Elements<T>(result))
        fixed (
            float* sums = KernelSupport.Elements<float>(logSumExp),
            cosines = KernelSupport.Elements<float>(cos),
            sines = KernelSupport.Elements<float>(signedSin))
        {
            var job = new Job<T>(
                source, mixed, slope, target, sums, cosines, sines, length, heads, keyHeads, size, Math.Min(window ?? length, length));
            int count = batch * keyHeads, taken = 0;
            WorkerTeam.For(count, Math.Max(1, (long)length * length * size / 4) * (heads / keyHeads), (_, _) =>
            {
                // Rows differ in how much of them has a gradient: whoever is done takes the next.
                float* scratch = (float*)NativeMemory.AlignedAlloc((nuint)Room<T>.Count(job) * sizeof(float), 64);
                try
                {
                    var room = new Room<T>(scratch, job);
                    for (int item; (item = Interlocked.Increment(ref taken) - 1) < count;)
                        Differentiate<T, TElement>(job, room, item / keyHeads, item % keyHeads);
                }
                finally
                {
                    NativeMemory.AlignedFree(scratch);
                }
            });
        }
        foreach (Tensor tensor in (ReadOnlySpan<Tensor>)[projected, output, logSumExp, gradient, cos, signedSin, result]) GC.KeepAlive(tensor);
    }

    /// <summary>A head of keys and values in a row, and the heads of queries that share it.</summary>
    private static void Differentiate<T, TElement>(Job<T> job, Room<T> room, int row, int keyHead) where T : unmanaged where TElement : IVectorElement<T>
    {
        int group = job.Heads / job.KeyHeads;
        bool prepared = false;
        for (int head = keyHead * group; head < (keyHead + 1) * group; head++)
        {
            for (int first = 0; first < job.Length; first += Tile)
            {
                (int low, int high) = LoadGradient<T, TElement>(job, room, row, head, first);
                if (low < high)
                {
                    if (!prepared) Prepare<T, TElement>(job, room, row, keyHead);
                    prepared = true;
                    LoadQueries<T, TElement>(job, room, row, head, first);
                    int farthest = Math.Max(0, first + low - job.Window + 1);
                    for (int firstKey = farthest / Strip * Strip; firstKey < Math.Min(job.Length, first + high); firstKey += Strip)
                        Multiply(job, room, first, low, high, firstKey);
                    TileTranspose.Apply(room.QueryGradient, Tile, room.Queries, job.Size, job.Size, Tile);
                }
                StoreTurned<T, TElement>(job, low < high ? room.Queries : null, 1 / MathF.Sqrt(job.Size), row, first, Math.Min(Tile, job.Length - first), head);
            }
        }
        StoreTurned<T, TElement>(job, prepared ? room.KeyGradients : null, 1, row, 0, job.Length, job.Heads + keyHead);
        for (int s = 0; s < job.Length; s++)
        {
            T* target = job.Target(row, s, job.Heads + job.KeyHeads + keyHead);
            if (!prepared) new Span<T>(target, job.Size).Clear();
            else for (int i = 0; i < job.Size; i += 16) TElement.Store(Vector512.Load(room.ValueGradients + s * job.Size + i), ref target[i]);
        }
    }

    /// <summary>The gradient of a tile of one head's output, as it is and turned, and Σ dO·O of every query, by which the softmax takes part.</summary>
    /// <returns>The queries that have a gradient, in whole vectors, counted from the tile's first: low, …, high − 1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (int Low, int High) LoadGradient<T, TElement>(Job<T> job, Room<T> room, int row, int head, int first)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int size = job.Size, count = Math.Min(Tile, job.Length - first), low = Tile, high = 0;
        for (int i = 0; i < count; i++)
        {
            nint at = (((nint)row * job.Length + first + i) * job.Heads + head) * size, ahead = (nint)KernelSupport.RowsAhead * job.Heads * size;
            KernelSupport.Prefetch(job.Gradient + at + ahead, size);
            KernelSupport.Prefetch(job.Output + at + ahead, size);
            Vector512<float> sum = Vector512<float>.Zero;
            Vector512<int> bits = Vector512<int>.Zero;
            for (int j = 0; j < size; j += 16)
            {
                Vector512<float> slope = TElement.Load(ref job.Gradient[at + j]);
                slope.Store(room.Gradients + i * size + j);
                sum = Vector512.FusedMultiplyAdd(slope, TElement.Load(ref job.Output[at + j]), sum);
                bits |= slope.AsInt32();
            }
            room.Shares[i] = VectorReduction.Sum(sum);
            // −0 is no gradient either.
            if ((bits & Vector512.Create(int.MaxValue)) == Vector512<int>.Zero) continue;
            low = Math.Min(low, i);
            high = i + 1;
        }
        if (high == 0) return (0, 0);
        new Span<float>(room.Gradients + count * size, (Tile - count) * size).Clear();
        new Span<float>(room.Shares + count, Tile - count).Clear();
        TileTranspose.Apply(room.Gradients, size, room.TurnedGradients, Tile, Tile, size);
        return (low & ~15, (high + 15) & ~15);
    }

    /// <summary>A tile of one head's queries, divided by √D, as it is and turned, and the log-sum-exp of its scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LoadQueries<T, TElement>(Job<T> job, Room<T> room, int row, int head, int first)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int size = job.Size, count = Math.Min(Tile, job.Length - first);
        Vector512<float> scale = Vector512.Create(1 / MathF.Sqrt(size));
        for (int i = 0; i < count; i++)
        {
            KernelSupport.Prefetch(job.Source(row, first + i + KernelSupport.RowsAhead, head), size);
            for (int j = 0; j < size; j += 16) (TElement.Load(ref job.Source(row, first + i, head)[j]) * scale).Store(room.Queries + i * size + j);
        }
        // Queries beyond the end have scores of 0, a log-sum-exp of 0 and no gradient: they add 1 · 0.
        new Span<float>(room.Queries + count * size, (Tile - count) * size).Clear();
        new Span<float>(room.LogSumExps + count, Tile - count).Clear();
        new Span<float>(job.LogSumExp + ((nint)row * job.Heads + head) * job.Length + first, count).CopyTo(new Span<float>(room.LogSumExps, count));
        new Span<float>(room.QueryGradient, Tile * size).Clear();
        TileTranspose.Apply(room.Queries, size, room.TurnedQueries, Tile, Tile, size);
    }

    /// <summary>Widens one head's keys, as they are and turned tile by tile, and values; what is beyond the end is 0, and so are their gradients.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Prepare<T, TElement>(Job<T> job, Room<T> room, int row, int keyHead) where T : unmanaged where TElement : IVectorElement<T>
    {
        int size = job.Size;
        for (int s = 0; s < job.Length; s++)
        {
            T* key = job.Source(row, s, job.Heads + keyHead), value = key + job.KeyHeads * size,
                ahead = job.Source(row, s + KernelSupport.RowsAhead, job.Heads + keyHead);
            KernelSupport.Prefetch(ahead, size);
            KernelSupport.Prefetch(ahead + job.KeyHeads * size, size);
            for (int i = 0; i < size; i += 16)
            {
                TElement.Load(ref key[i]).Store(room.Keys + s * size + i);
                TElement.Load(ref value[i]).Store(room.Values + s * size + i);
            }
        }
        int beyond = (job.Padded - job.Length) * size;
        new Span<float>(room.Keys + job.Length * size, beyond).Clear();
        new Span<float>(room.Values + job.Length * size, beyond).Clear();
        new Span<float>(room.KeyGradients, job.Padded * size).Clear();
        new Span<float>(room.ValueGradients, job.Padded * size).Clear();
        for (int first = 0; first < job.Padded; first += Tile)
            TileTranspose.Apply(room.Keys + first * size, size, room.TurnedKeys + first * size, Tile, Tile, size);
    }

    /// <summary>What a tile of queries and a strip of keys give each other.</summary>
    private static void Multiply<T>(Job<T> job, Room<T> room, int first, int low, int high, int firstKey) where T : unmanaged
    {
        // The first vector that has a query which sees the first key, and the last one that has a query which sees the last.
        int size = job.Size, from = Math.Max(low, firstKey - first), to = Math.Min(high, (firstKey + Strip + job.Window - 1 - first + 15) & ~15);
        if (from >= to) return;
        int width = to - from;
        bool masked = first + from < firstKey + Strip - 1 || first + to > firstKey + job.Window;
        for (int i = 0; i < Strip; i += TileProduct.Rows)
        {
            int key = firstKey + i;
            float* slopes = room.Slopes + i * Tile + from;
            TileProduct.Apply(room.Keys + key * size, size, room.TurnedQueries + from, room.Weights + from, size, width, Tile, adds: false);
            TileProduct.Apply(room.Values + key * size, size, room.TurnedGradients + from, slopes, size, width, Tile, adds: false);
            for (int j = 0; j < TileProduct.Rows; j++)
                Weigh(
                    room.Weights + j * Tile + from, slopes + j * Tile, room.LogSumExps + from, room.Shares + from, width,
                    masked ? key + j - first - from : int.MinValue, job.Window);
            TileProduct.Apply(room.Weights + from, Tile, room.Gradients + from * size, room.ValueGradients + key * size, width, size, size, adds: true);
            TileProduct.Apply(slopes, Tile, room.Queries + from * size, room.KeyGradients + key * size, width, size, size, adds: true);
        }
        float* turned = room.TurnedKeys + firstKey / Tile * Tile * size + firstKey % Tile;
        for (int i = 0; i < size; i += TileProduct.Rows)
            TileProduct.Apply(turned + i * Tile, Tile, room.Slopes + from, room.QueryGradient + i * Tile + from, Strip, width, Tile, adds: true);
    }

    /// <summary>Scores of a key for some queries → weights, and the gradients of these weights → those of the scores.</summary>
    /// <param name="scores">[width]; weights afterwards.</param>
    /// <param name="slopes">[width].</param>
    /// <param name="logSumExps">[width].</param>
    /// <param name="shares">[width], Σ dO·O of the queries.</param>
    /// <param name="width">A multiple of 16.</param>
    /// <param name="key">The first query that sees the key, counted from the first given; <see cref="int.MinValue"/> if all do.</param>
    /// <param name="window">Queries that see it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(float* scores, float* slopes, float* logSumExps, float* shares, int width, int key, int window)
    {
        if (key == int.MinValue)
        {
            for (int i = 0; i < width; i += 16)
            {
                Vector512<float> weight = VectorExponential.Of(Vector512.Load(scores + i) - Vector512.Load(logSumExps + i));
                weight.Store(scores + i);
                (weight * (Vector512.Load(slopes + i) - Vector512.Load(shares + i))).Store(slopes + i);
            }
            return;
        }
        Vector512<float> query = VectorSequence.Indices, lowest = Vector512.Create((float)key), beyond = Vector512.Create((float)key + window);
        for (int i = 0; i < width; i += 16, query += Vector512.Create(16f))
        {
            Vector512<float> visible = Vector512.GreaterThanOrEqual(query, lowest) & Vector512.LessThan(query, beyond);
            Vector512<float> weight = VectorExponential.Of(Vector512.Load(scores + i) - Vector512.Load(logSumExps + i)) & visible;
            weight.Store(scores + i);
            // What a query doesn't see may be infinite or no number, and has no weight.
            ((weight * (Vector512.Load(slopes + i) - Vector512.Load(shares + i))) & visible).Store(slopes + i);
        }
    }

    /// <summary>Turns gradients of one head back, by the same angles the other way, and stores them; null stands for zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreTurned<T, TElement>(Job<T> job, float* rows, float factor, int row, int first, int count, int head)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int size = job.Size, half = size / 2;
        Vector256<float> factors = Vector256.Create(factor);
        for (int t = 0; t < count; t++)
        {
            T* target = job.Target(row, first + t, head);
            if (rows is null)
            {
                new Span<T>(target, size).Clear();
                continue;
            }
            float* values = rows + t * size, cos = job.Cos + (nint)(first + t) * size, sin = job.SignedSin + (nint)(first + t) * size + half;
            for (int i = 0; i < half; i += 8)
            {
                Vector256<float> one = Vector256.Load(values + i) * factors, other = Vector256.Load(values + half + i) * factors;
                Vector256<float> c = Vector256.Load(cos + i), s = Vector256.Load(sin + i);
                (one * c + other * s).Store(values + i);
                (other * c - one * s).Store(values + half + i);
            }
            for (int i = 0; i < size; i += 16) TElement.Store(Vector512.Load(values + i), ref target[i]);
        }
    }

    /// <summary>Where everything lies.</summary>
    private sealed class Job<T>(
        T* source, T* output, T* gradient, T* target, float* logSumExp, float* cos, float* signedSin,
        int length, int heads, int keyHeads, int size, int window)
        where T : unmanaged
    {
        public T* Output => output;

        public T* Gradient => gradient;

        public float* LogSumExp => logSumExp;

        public float* Cos => cos;

        public float* SignedSin => signedSin;

        public int Length => length;

        /// <summary>Positions of whole tiles.</summary>
        public int Padded { get; } = (length + Tile - 1) / Tile * Tile;

        public int Heads => heads;

        public int KeyHeads => keyHeads;

        public int Size => size;

        /// <summary>T at most.</summary>
        public int Window => window;

        public T* Source(int row, int position, int head) => source + At(row, position, head);

        public T* Target(int row, int position, int head) => target + At(row, position, head);

        private nint At(int row, int position, int head) => (((nint)row * length + position) * (heads + 2 * keyHeads) + head) * size;
    }

    /// <summary>What a thread computes with: a head of keys and values with their gradients, a tile of queries, a strip of scores.</summary>
    private sealed class Room<T>(float* start, Job<T> job) where T : unmanaged
    {
        private readonly nint _head = (nint)job.Padded * job.Size;
        private readonly nint _tile = Tile * job.Size;

        public float* Keys => start;

        /// <summary>[D, 64] by tile.</summary>
        public float* TurnedKeys => start + _head;

        public float* Values => start + 2 * _head;

        public float* KeyGradients => start + 3 * _head;

        public float* ValueGradients => start + 4 * _head;

        public float* Queries => start + 5 * _head;

        /// <summary>[D, 64].</summary>
        public float* TurnedQueries => Queries + _tile;

        /// <summary>[D, 64].</summary>
        public float* QueryGradient => Queries + 2 * _tile;

        /// <summary>Of the output.</summary>
        public float* Gradients => Queries + 3 * _tile;

        /// <summary>[D, 64].</summary>
        public float* TurnedGradients => Queries + 4 * _tile;

        /// <summary>[4, 64]: of four keys for all queries.</summary>
        public float* Weights => Queries + 5 * _tile;

        /// <summary>[16, 64]: the gradients of the weights, then of the scores.</summary>
        public float* Slopes => Weights + TileProduct.Rows * Tile;

        public float* LogSumExps => Slopes + Strip * Tile;

        public float* Shares => LogSumExps + Tile;

        /// <summary>Numbers of all that.</summary>
        public static nint Count(Job<T> job) => 5 * (nint)job.Padded * job.Size + 5 * Tile * job.Size + (TileProduct.Rows + Strip + 2) * Tile;
    }
}
