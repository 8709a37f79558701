using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Rotary position embedding (Su et al., arXiv 2104.09864) in Hugging Face's layout: dimension i turns together with i + size/2.</summary>
/// <remarks>Rotary attention depends on differences of positions only, so every row may count its positions from where it likes.</remarks>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly Tensor _frequencies;
    private readonly double _scale;
    private readonly Device _device;
    private readonly ScalarType _dataType;
    private readonly Lock _growing = new();
    private Tables _tables;

    /// <param name="config">Gives the base, the scaling and the head size.</param>
    /// <param name="dataType">The type the tables are rounded to, that of the weights.</param>
    /// <param name="device">Where the tables lie.</param>
    public RotaryEmbedding(DecoderConfig config, ScalarType dataType, Device device)
    {
        (_scale, _dataType, _device) = (config.Rotary.ResolveAttentionFactor(), dataType, device);
        _frequencies = RotaryFrequencies.Compute(config).DetachFromDisposeScope();
        _tables = Compute(Math.Min(256, config.ContextLength));
    }

    /// <summary>Turns queries or keys [B, T, heads, size] by their positions <paramref name="start"/> … <paramref name="start"/> + T − 1.</summary>
    public Tensor Apply(Tensor x, int start)
    {
        int length = (int)x.size(1), half = (int)_frequencies.size(0);
        Tables tables = Upto(start + length);
        Tensor cos = tables.Cos.narrow(0, start, length), sin = tables.SignedSin.narrow(0, start, length); // [T, 1, size]
        // (x₁, x₂) → (x₁·cos − x₂·sin, x₂·cos + x₁·sin): the roll swaps the halves, the table carries the sign.
        return (x * cos).Plus(x.roll(half, -1) * sin);
    }

    /// <summary>Norms, where the layer has them, and turns the queries and keys of [B, T, H + 2 · H_kv, D] where they lie. Without gradient.</summary>
    public void ApplyInPlace(Tensor projected, DecoderLayer layer, DecoderConfig config, int start)
    {
        long length = projected.size(1);
        Tables tables = Upto(start + (int)length);
        using Tensor cos = tables.Cos.narrow(0, start, length), sin = tables.SignedSin.narrow(0, start, length);
        RotaryKernel.Apply(projected, config.HeadCount, config.KeyValueHeadCount, layer.QueryNorm, layer.KeyNorm, cos, sin, config.RmsNormEpsilon);
    }

    /// <summary>Turns the queries and keys of [B, T, H + 2 · H_kv, D] where they lie, and attends: see <see cref="TurnedAttention"/>. Differentiable.</summary>
    public (Tensor Output, Tensor? LogSumExp, Tensor? Distance) Attend(Tensor projected, int keyHeads, int? window, bool statistics)
    {
        long length = projected.size(1);
        Tables tables = Upto((int)length);
        using Tensor cos = tables.Cos.narrow(0, 0, length), sin = tables.SignedSin.narrow(0, 0, length);
        return TurnedAttention.Apply(projected, keyHeads, window, cos, sin, statistics);
    }

    public void Dispose()
    {
        _frequencies.Dispose();
        _tables.Dispose();
    }

    private Tables Upto(int length)
    {
        Tables tables = _tables;
        if (length <= tables.Length) return tables;
        lock (_growing)
        {
            // A thread may still read the old tables: they are left to the finalizer.
            if (length > _tables.Length) _tables = Compute(Math.Max(length, 2 * _tables.Length));
            return _tables;
        }
    }

    private Tables Compute(int length)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor angles = TensorArithmetic.Range(0, length, ScalarType.Float32).unsqueeze(1) * _frequencies.unsqueeze(0);          // [length, D/2]
        Tensor cos = angles.cos().Times(_scale), sin = angles.sin().Times(_scale);
        return new Tables(length, Store(cat([cos, cos], 1)), Store(cat([-sin, sin], 1)));

        Tensor Store(Tensor table) => table.unsqueeze(1).to(_dataType, _device, copy: true).DetachFromDisposeScope();
    }

    private sealed record Tables(int Length, Tensor Cos, Tensor SignedSin) : IDisposable
    {
        public void Dispose()
        {
            Cos.Dispose();
            SignedSin.Dispose();
        }
    }
}
