using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Causal self-attention of whole sequences, block by block with a running softmax (Dao et al., arXiv 2205.14135), and with it what the metrics need
/// of every row.</summary>
/// <remarks>
/// Keys and values are read where the projection left them. Weights and sums are in float32 for either type. The mean distance of a row, Σ_s A[t,s] · (t − s),
/// is one more sum over weights that are in registers anyway: where another kernel would need a second attention, here it costs next to nothing.
/// </remarks>
internal static unsafe class FlashAttention
{
    /// <summary>Queries, and keys, of a tile.</summary>
    private const int Tile = 64;

    [ThreadStatic]
    private static float[]? _scratch;

    /// <summary>Whether heads of this size are covered.</summary>
    public static bool Covers(int headDimension) => headDimension % 16 == 0;

    /// <param name="projected">[B, T, H + 2 · H_kv, D], contiguous, queries and keys turned.</param>
    /// <param name="keyHeads">H_kv.</param>
    /// <param name="padding">Positions at the start of each row that nobody sees; null = none. Their own output is 0.</param>
    /// <param name="window">Keys that a query sees, itself included; null = all before it.</param>
    /// <param name="statistics">Whether the log-sum-exp and the mean distance are wanted.</param>
    /// <returns>The output [B, T, H · D]; float32 [B, H, T]: the log-sum-exp of each row of scores, and its mean distance.</returns>
    public static (Tensor Output, Tensor? LogSumExp, Tensor? Distance) Apply(Tensor projected, int keyHeads, int[]? padding, int? window, bool statistics)
    {
        Tensor output = empty([projected.size(0), projected.size(1), (projected.size(2) - 2 * keyHeads) * projected.size(3)], projected.dtype);
        (Tensor? logSumExp, Tensor? distance) = statistics ? (Statistic(projected, keyHeads), Statistic(projected, keyHeads)) : (null, null);
        Run(projected, keyHeads, output, logSumExp, distance, padding, window);
        return (output, logSumExp, distance);
    }

    /// <summary>The statistics alone: values are neither read nor mixed.</summary>
    /// <inheritdoc cref="Apply" path="/param"/>
    public static (Tensor LogSumExp, Tensor Distance) Measure(Tensor projected, int keyHeads, int? window)
    {
        (Tensor logSumExp, Tensor distance) = (Statistic(projected, keyHeads), Statistic(projected, keyHeads));
        Run(projected, keyHeads, output: null, logSumExp, distance, padding: null, window);
        return (logSumExp, distance);
    }

    /// <summary>Room for a number of every row, [B, H, T].</summary>
    private static Tensor Statistic(Tensor projected, int keyHeads) => empty([projected.size(0), projected.size(2) - 2 * keyHeads, projected.size(1)]);

    private static void Run(Tensor projected, int keyHeads, Tensor? output, Tensor? logSumExp, Tensor? distance, int[]? padding, int? window)
    {
        using Tensor tiles = empty([projected.size(0), keyHeads, (projected.size(1) + Tile - 1) / Tile, 2, Tile, projected.size(3)]);
        if (projected.dtype == ScalarType.BFloat16) Run<ushort, BFloat16Element>(projected, tiles, output, logSumExp, distance, padding, window);
        else Run<float, SingleElement>(projected, tiles, output, logSumExp, distance, padding, window);
    }

    private static void Run<T, TElement>(Tensor projected, Tensor tiles, Tensor? output, Tensor? logSumExp, Tensor? distance, int[]? padding, int? window)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int keyHeads = (int)tiles.size(1), tileCount = (int)tiles.size(2), batch = (int)tiles.size(0);
        int length = (int)projected.size(1), heads = (int)projected.size(2) - 2 * keyHeads, size = (int)projected.size(3);
        fixed (T* source = KernelSupport.Elements<T>(projected), target = output is null ? default : KernelSupport.Elements<T>(output))
        fixed (
            float* prepared = KernelSupport.Elements<float>(tiles),
            sums = logSumExp is null ? default : KernelSupport.Elements<float>(logSumExp),
            spans = distance is null ? default : KernelSupport.Elements<float>(distance))
        {
            var job = new Job<T>(source, target, prepared, sums, spans, length, heads, keyHeads, size, tileCount, window ?? int.MaxValue);
            WorkerTeam.For(batch * keyHeads * tileCount, 4L * Tile * size, (start, end) =>
            {
                for (int item = start; item < end; item++) Prepare<T, TElement>(job, item);
            });
            WorkerTeam.For(batch * heads * tileCount, (long)Tile * length * size / 16, (start, end) =>
            {
                for (int item = start; item < end; item++)
                {
                    // Late queries see more keys than early ones: taking them by turns from both ends gives every thread its share.
                    int row = item / (heads * tileCount), turn = item % tileCount;
                    Attend<T, TElement>(
                        job,
                        row,
                        item / tileCount % heads,
                        turn % 2 == 0 ? turn / 2 : tileCount - 1 - turn / 2,
                        padding is null ? 0 : padding[row]);
                }
            });
        }
        GC.KeepAlive(projected);
        GC.KeepAlive(tiles);
        GC.KeepAlive(output);
        GC.KeepAlive(logSumExp);
        GC.KeepAlive(distance);
    }

    /// <summary>Widens a tile of one head's keys, turned to [D, 64], and values, [64, D]; what is beyond the end is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Prepare<T, TElement>(Job<T> job, int item) where T : unmanaged where TElement : IVectorElement<T>
    {
        int tile = item % job.TileCount, head = item / job.TileCount % job.KeyHeads, row = item / (job.TileCount * job.KeyHeads), size = job.Size;
        float* keys = job.Tiles + (nint)item * 2 * Tile * size, values = keys + Tile * size;
        int used = Math.Min(Tile, job.Length - tile * Tile);
        if (used < Tile) new Span<float>(keys, 2 * Tile * size).Clear();
        for (int s = 0; s < used; s++)
        {
            T* key = job.Head(row, tile * Tile + s, job.Heads + head),
                value = key + job.KeyHeads * size,
                ahead = job.Head(row, tile * Tile + s + KernelSupport.RowsAhead, job.Heads + head);
            KernelSupport.Prefetch(ahead, size);
            for (int i = 0; i < size; i++) keys[i * Tile + s] = TElement.Widen(key[i]);
            if (job.Output is null) continue;
            KernelSupport.Prefetch(ahead + job.KeyHeads * size, size);
            for (int i = 0; i < size; i += 16) TElement.Load(ref value[i]).Store(values + s * size + i);
        }
    }

    /// <summary>A tile of queries of one head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Attend<T, TElement>(Job<T> job, int row, int head, int tile, int padding) where T : unmanaged where TElement : IVectorElement<T>
    {
        int size = job.Size, first = tile * Tile, count = Math.Min(Tile, job.Length - first);
        float* queries = KernelSupport.Scratch(ref _scratch, 2 * Tile * size + 7 * Tile);
        float* mixed = queries + Tile * size, scores = mixed + Tile * size, largest = scores + 4 * Tile, totals = largest + Tile, distances = totals + Tile;
        new Span<float>(queries, Tile * size).Clear();
        new Span<float>(mixed, Tile * size).Clear();
        new Span<float>(largest, Tile).Fill(float.NegativeInfinity);
        new Span<float>(totals, 2 * Tile).Clear();
        Vector512<float> scale = Vector512.Create(1 / MathF.Sqrt(size));
        for (int i = 0; i < count; i++)
        {
            KernelSupport.Prefetch(job.Head(row, first + i + KernelSupport.RowsAhead, head), size);
            for (int j = 0; j < size; j += 16) (TElement.Load(ref job.Head(row, first + i, head)[j]) * scale).Store(queries + i * size + j);
        }

        int farthest = Math.Max(padding, job.Window > first ? 0 : first - job.Window + 1);
        for (int keyTile = farthest / Tile; keyTile <= tile; keyTile++)
        {
            int firstKey = keyTile * Tile;
            float* keys = job.Tiles + (((nint)row * job.KeyHeads + head / (job.Heads / job.KeyHeads)) * job.TileCount + keyTile) * 2 * Tile * size;
            for (int i = 0; i < count; i += TileProduct.Rows)
            {
                // In the tile on the diagonal, up to the vector that has the last key that one of the queries sees.
                int width = Math.Min(Tile, (first + i + TileProduct.Rows - firstKey + 15) & ~15);
                TileProduct.Apply(queries + i * size, size, keys, scores, size, width, Tile, adds: false);
                for (int j = 0; j < TileProduct.Rows; j++)
                {
                    int query = first + i + j, from = Math.Max(padding, job.Window > query ? 0 : query - job.Window + 1) - firstKey;
                    Soften(
                        scores + j * Tile, width, from, query - firstKey, mixed + (i + j) * size, size,
                        ref largest[i + j], ref totals[i + j], ref distances[i + j]);
                }
                if (job.Output is not null) TileProduct.Apply(scores, Tile, keys + Tile * size, mixed + i * size, width, size, size, adds: true);
            }
        }
        for (int i = 0; i < count; i++)
        {
            float share = totals[i] == 0 ? 0 : 1 / totals[i];
            if (job.Output is not null)
            {
                T* output = job.Output + (((nint)row * job.Length + first + i) * job.Heads + head) * size;
                for (int j = 0; j < size; j += 16) TElement.Store(Vector512.Load(mixed + i * size + j) * share, ref output[j]);
            }
            if (job.LogSumExp is null) continue;
            nint at = ((nint)row * job.Heads + head) * job.Length + first + i;
            job.LogSumExp[at] = largest[i] + MathF.Log(totals[i]);
            job.Distance[at] = distances[i] * share;
        }
    }

    /// <summary>Scores of one query and a tile of keys → weights relative to the largest score so far, and the sums over them; what was summed up before is
    /// scaled to it.</summary>
    /// <param name="scores">[width]; from, …, query are visible.</param>
    /// <param name="width">A multiple of 16.</param>
    /// <param name="from">The first visible key, counted from the tile's first.</param>
    /// <param name="query">The query's own position, likewise.</param>
    /// <param name="mixed">[D], the weighted sum of values so far.</param>
    /// <param name="size">D.</param>
    /// <param name="largest">The largest score so far.</param>
    /// <param name="total">The sum of weights so far.</param>
    /// <param name="distance">The sum of weights times distances so far.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Soften(float* scores, int width, int from, int query, float* mixed, int size, ref float largest, ref float total, ref float distance)
    {
        if (from > 0 || query < width - 1)
        {
            from = Math.Clamp(from, 0, width);
            if (from > Math.Min(query, width - 1))
            {
                new Span<float>(scores, width).Clear();
                return;
            }
            if (from > 0) new Span<float>(scores, from).Fill(float.NegativeInfinity);
            // The vector that the last visible key is in, and those after it.
            Vector512<float> hidden = Vector512.Create(float.NegativeInfinity), last = Vector512.Create((float)(query & 15));
            for (int s = query & ~15; s < width; s += 16, last = hidden)
                Vector512.ConditionalSelect(Vector512.GreaterThan(VectorSequence.Indices, last), hidden, Vector512.Load(scores + s)).Store(scores + s);
        }
        float highest = VectorReduction.Largest<float, SingleElement>(scores, width);
        if (highest > largest)
        {
            // In the first tile of a row there is nothing to fade.
            float fade = total == 0 ? 0 : MathF.Exp(largest - highest);
            total *= fade;
            distance *= fade;
            Vector512<float> fades = Vector512.Create(fade);
            for (int i = 0; i < size; i += 16) (Vector512.Load(mixed + i) * fades).Store(mixed + i);
            largest = highest;
        }
        Vector512<float> shift = Vector512.Create(largest), steps = VectorSequence.From(query, -1), weights = Vector512<float>.Zero, sum = weights;
        for (int s = 0; s < width; s += 16, steps -= Vector512.Create(16f))
        {
            Vector512<float> weight = VectorExponential.Of(Vector512.Load(scores + s) - shift);
            weight.Store(scores + s);
            weights += weight;
            sum = Vector512.FusedMultiplyAdd(weight, steps, sum);
        }
        total += VectorReduction.Sum(weights);
        distance += VectorReduction.Sum(sum);
    }

    /// <summary>Where everything lies.</summary>
    private sealed class Job<T>(
        T* source, T* output, float* tiles, float* logSumExp, float* distance,
        int length, int heads, int keyHeads, int size, int tileCount, int window)
        where T : unmanaged
    {
        /// <summary>Null where values are not mixed.</summary>
        public T* Output => output;

        public float* Tiles => tiles;

        public float* LogSumExp => logSumExp;

        public float* Distance => distance;

        public int Length => length;

        public int Heads => heads;

        public int KeyHeads => keyHeads;

        public int Size => size;

        public int TileCount => tileCount;

        public int Window => window;

        public T* Head(int row, int position, int head) => source + (((nint)row * length + position) * (heads + 2 * keyHeads) + head) * size;
    }
}
