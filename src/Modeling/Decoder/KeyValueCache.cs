using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Keys and values of the positions a batch has seen, for every layer: [B, key/value heads, capacity, head size].</summary>
/// <remarks>Memory: <see cref="Bytes"/> of the capacity. It grows in steps, up to a limit; nothing is reallocated per token.</remarks>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly int _limit;

    /// <param name="config">Gives layers, heads and head size.</param>
    /// <param name="batch">Rows B.</param>
    /// <param name="capacity">Positions to make room for now.</param>
    /// <param name="dataType">The type of the weights.</param>
    /// <param name="device">The device of the weights.</param>
    /// <param name="limit">Positions that there will be at most: growth ends there.</param>
    public KeyValueCache(DecoderConfig config, int batch, int capacity, ScalarType dataType, Device device, int limit = int.MaxValue)
    {
        (Capacity, _limit) = (capacity, limit);
        long[] shape = [batch, config.KeyValueHeadCount, capacity, config.HeadDimension];
        _keys = Allocate();
        _values = Allocate();
        Tensor[] Allocate() => [.. Enumerable.Range(0, config.LayerCount).Select(_ => empty(shape, dataType, device).DetachFromDisposeScope())];
    }

    /// <summary>What a cache takes: 2 · layers · rows · key/value heads · positions · head size · element size.</summary>
    public static long Bytes(DecoderConfig config, long rows, long positions, long elementSize) =>
        checked(2L * config.LayerCount * config.KeyValueHeadCount * config.HeadDimension * elementSize * rows * positions);

    /// <summary>Positions stored so far; the same for all rows (shorter rows are padded on the left).</summary>
    public int Length { get; private set; }

    /// <summary>Positions that there is room for.</summary>
    public long Capacity { get; private set; }

    /// <summary>Stores the keys and values [B, kv heads, T, size] of T new positions of one layer; returns all of that layer's so far.</summary>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        long added = keys.size(2), length = Length + added;
        if (length > Capacity) Grow(length);
        _keys[layer].narrow(2, Length, added).copy_(keys);
        _values[layer].narrow(2, Length, added).copy_(values);
        return (_keys[layer].narrow(2, 0, length), _values[layer].narrow(2, 0, length));
    }

    /// <summary>Makes room for one more position; returns all of a layer's keys and values, [B, kv heads, capacity, size], to be filled in place at
    /// <see cref="Length"/>.</summary>
    public (Tensor Keys, Tensor Values) Reserve(int layer)
    {
        if (Length + 1 > Capacity) Grow(Length + 1);
        return (_keys[layer], _values[layer]);
    }

    /// <summary>Says that all layers have stored <paramref name="positions"/> new positions.</summary>
    public void Advance(int positions) => Length += positions;

    /// <summary>Keeps the given rows in the given order; a row may be kept several times (samples of one prompt share its prefill).</summary>
    /// <param name="rows">int64 [B'], row numbers.</param>
    /// <param name="capacity">Positions to make room for, up to the limit.</param>
    public void Select(Tensor rows, int capacity)
    {
        Capacity = Math.Max(Math.Min(capacity, _limit), Length);
        Replace(old =>
        {
            Tensor selected = empty([rows.size(0), old.size(1), Capacity, old.size(3)], old.dtype, old.device);
            selected.narrow(2, 0, Length).copy_(old.narrow(2, 0, Length).index_select(0, rows));
            return selected;
        });
    }

    /// <summary>Everything it has allocated.</summary>
    public IEnumerable<Tensor> Tensors() => _keys.Concat(_values);

    public void Dispose()
    {
        foreach (Tensor tensor in Tensors()) tensor.Dispose();
    }

    private void Grow(long needed)
    {
        Capacity = Math.Max(needed, Math.Min(Capacity + Capacity / 2, _limit));
        Replace(old =>
        {
            Tensor larger = empty([old.size(0), old.size(1), Capacity, old.size(3)], old.dtype, old.device);
            larger.narrow(2, 0, old.size(2)).copy_(old);
            return larger;
        });
    }

    private void Replace(Func<Tensor, Tensor> replacement)
    {
        foreach (Tensor[] tensors in (ReadOnlySpan<Tensor[]>)[_keys, _values])
            for (int layer = 0; layer < tensors.Length; layer++)
            {
                using var scope = NewDisposeScope();
                Tensor old = tensors[layer];
                tensors[layer] = replacement(old).DetachFromDisposeScope();
                old.Dispose();
            }
    }
}
