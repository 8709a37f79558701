using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Tensors' elements in .NET's own memory, copied at once: TorchSharp's accessor goes from element to element.</summary>
internal static class HostValues
{
    /// <summary>All elements, row by row, as float32.</summary>
    public static float[] ToSingles(this Tensor tensor) => Copy<float>(tensor, ScalarType.Float32);

    /// <summary>All elements, row by row, as float64.</summary>
    public static double[] ToDoubles(this Tensor tensor) => Copy<double>(tensor, ScalarType.Float64);

    /// <summary>The only element, as PyTorch's <c>item()</c>; TorchSharp's own goes through a scalar that may be gone
    /// (docs/decisions/0007-scalars.md).</summary>
    public static double ToNumber(this Tensor tensor) => tensor.ToDoubles().Single();

    private static T[] Copy<T>(Tensor tensor, ScalarType type) where T : unmanaged
    {
        if (tensor.numel() == 0) return [];
        using var scope = NewDisposeScope();
        Tensor values = tensor.detach().to(type).cpu().contiguous();
        T[] copy = MemoryMarshal.Cast<byte, T>(values.bytes).ToArray();
        GC.KeepAlive(values);
        return copy;
    }
}
