using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetAttn.Modeling;

/// <summary>eˣ of sixteen numbers, in float32. The platform's own goes through float64 and takes four times as long.</summary>
internal static class VectorExponential
{
    // ln 2 in two parts, the first short enough that n times it is exact.
    private const float LogTwoHigh = 0.693359375f;
    private const float LogTwoLow = -2.12194440e-4f;

    /// <summary>eˣ, within 2 units in the last place; 0 below about −104, infinite above 89; NaN of NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        // eˣ = 2ⁿ · eʳ with n the integer nearest to x / ln 2. The second operand of these comes out where it is NaN.
        x = Vector512.MinNative(Vector512.Create(104f), Vector512.MaxNative(Vector512.Create(-104f), x));
        Vector512<float> n = Vector512.Round(x * Vector512.Create(1.44269504f));
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-LogTwoHigh), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-LogTwoLow), r);
        // The series to r⁷, its last coefficients fitted to |r| ≤ ln 2 / 2 (Cephes).
        Vector512<float> p = Vector512.FusedMultiplyAdd(r, Vector512.Create(1.9875691500e-4f), Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p * r, r, r + Vector512<float>.One);
        return Avx512F.IsSupported ? Avx512F.Scale(p, n) : Scale(p, n);
    }

    /// <summary>p · 2ⁿ in two steps: 2ⁿ itself can be beyond the range of float32 where the product is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(Vector512<float> p, Vector512<float> n)
    {
        Vector512<int> whole = Vector512.ConvertToInt32Native(n), half = whole >> 1;
        return p * Power(half) * Power(whole - half);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<float> Power(Vector512<int> exponent) => ((exponent + Vector512.Create(127)) << 23).AsSingle();
    }
}
