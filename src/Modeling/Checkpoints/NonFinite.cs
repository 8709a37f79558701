using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Counts NaN and infinite values: those whose exponent bits are all set.</summary>
/// <remarks>On the bits, in vectors, over memory that was just read: torch's <c>isfinite</c> makes three tensors of the same length.</remarks>
internal static class NonFinite
{
    /// <summary>How many of these values are NaN or infinite; 0 for types that have no such values.</summary>
    public static long Count(ReadOnlySpan<byte> values, ScalarType type) => type switch
    {
        ScalarType.Float16 => Count<ushort>(values, 0x7C00),
        ScalarType.BFloat16 => Count<ushort>(values, 0x7F80),
        ScalarType.Float32 => Count(values, 0x7F80_0000u),
        ScalarType.Float64 => Count(values, 0x7FF0_0000_0000_0000ul),
        _ => 0,
    };

    // A model is loaded once, early: waiting until the runtime finds these loops hot would make the first load several times slower.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Count<T>(ReadOnlySpan<byte> values, T exponent) where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> bits = MemoryMarshal.Cast<byte, T>(values);
        ReadOnlySpan<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(bits);
        Vector<T> mask = new(exponent);
        long count = 0;
        for (int i = 0; i < vectors.Length; i++)
            if (Vector.EqualsAny(vectors[i] & mask, mask))
                count += CountEach(bits.Slice(i * Vector<T>.Count, Vector<T>.Count), exponent);
        return count + CountEach(bits[(vectors.Length * Vector<T>.Count)..], exponent);
    }

    private static long CountEach<T>(ReadOnlySpan<T> bits, T exponent) where T : unmanaged, IBinaryInteger<T>
    {
        long count = 0;
        foreach (T value in bits)
            if ((value & exponent) == exponent)
                count++;
        return count;
    }
}
