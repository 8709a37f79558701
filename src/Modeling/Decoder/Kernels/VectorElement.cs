using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetAttn.Modeling;

/// <summary>A number type of weights and activations, as kernels read and write it: sixteen at a time, or one. They compute in float32.</summary>
/// <typeparam name="T">The bits in memory.</typeparam>
internal interface IVectorElement<T> where T : unmanaged
{
    /// <summary>Reads sixteen.</summary>
    static abstract Vector512<float> Load(ref T source);

    /// <summary>Writes sixteen, rounded to nearest, ties to even.</summary>
    static abstract void Store(Vector512<float> values, ref T target);

    /// <summary>Reads one.</summary>
    static abstract float Widen(T value);

    /// <summary>Rounds one.</summary>
    static abstract T Narrow(float value);
}

/// <summary>float32.</summary>
internal readonly struct SingleElement : IVectorElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source) => Vector512.LoadUnsafe(ref source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref float target) => values.StoreUnsafe(ref target);

    public static float Widen(float value) => value;

    public static float Narrow(float value) => value;
}

/// <summary>bfloat16: the upper half of a float32.</summary>
internal readonly struct BFloat16Element : IVectorElement<ushort>
{
    private const uint QuietNaN = 0x7FC00000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref ushort source) => (Widen(Vector256.LoadUnsafe(ref source)) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref ushort target)
    {
        Vector512<uint> bits = values.AsUInt32();
        bits += Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One);
        // Rounding could carry the bits of a NaN over into those of a number.
        bits = Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), bits, Vector512.Create(QuietNaN));
        bits >>= 16;
        (Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(bits) : Vector256.Narrow(bits.GetLower(), bits.GetUpper())).StoreUnsafe(ref target);
    }

    public static float Widen(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    public static ushort Narrow(float value)
    {
        if (float.IsNaN(value)) return (ushort)(QuietNaN >> 16);
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(Vector256<ushort> values) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512UInt32(values)
        : Vector512.Create(Vector256.WidenLower(values), Vector256.WidenUpper(values));
}
