using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Tensors' elements in .NET's own memory, copied at once: TorchSharp's accessor goes from element to element.</summary>
internal static class HostValues
{
    /// <summary>All elements, row by row, as float32.</summary>
    public static float[] ToSingles(this Tensor tensor) => Copy<float>(tensor, ScalarType.Float32);

    /// <summary>Some of the elements, as float32, one piece after the other.</summary>
    /// <param name="tensor">Any tensor.</param>
    /// <param name="pieces">Where they lie among all elements, row by row.</param>
    public static float[] ToSingles(this Tensor tensor, IReadOnlyList<(int Start, int Count)> pieces)
    {
        float[] copy = new float[pieces.Sum(piece => piece.Count)];
        if (copy.Length == 0) return copy;
        using var scope = NewDisposeScope();
        Tensor values = OnHost(tensor, ScalarType.Float32);
        ReadOnlySpan<float> all = MemoryMarshal.Cast<byte, float>(values.bytes);
        int next = 0;
        foreach ((int start, int count) in pieces)
        {
            all.Slice(start, count).CopyTo(copy.AsSpan(next));
            next += count;
        }
        GC.KeepAlive(values);
        return copy;
    }

    /// <summary>All elements, row by row, as float64.</summary>
    public static double[] ToDoubles(this Tensor tensor) => Copy<double>(tensor, ScalarType.Float64);

    /// <summary>The only element, as PyTorch's <c>item()</c>; TorchSharp's own goes through a scalar that may be gone
    /// (docs/decisions/0007-scalars.md).</summary>
    public static double ToNumber(this Tensor tensor) => tensor.ToDoubles().Single();

    private static T[] Copy<T>(Tensor tensor, ScalarType type) where T : unmanaged
    {
        if (tensor.numel() == 0) return [];
        using var scope = NewDisposeScope();
        Tensor values = OnHost(tensor, type);
        T[] copy = MemoryMarshal.Cast<byte, T>(values.bytes).ToArray();
        GC.KeepAlive(values);
        return copy;
    }

    private static Tensor OnHost(Tensor tensor, ScalarType type) => tensor.detach().to(type).cpu().contiguous();
}
