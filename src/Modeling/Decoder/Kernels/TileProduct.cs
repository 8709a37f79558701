using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetAttn.Modeling;

/// <summary>Products of small float32 matrices that lie in the cache, four rows at a time, with the sums in registers.</summary>
internal static unsafe class TileProduct
{
    /// <summary>Rows of a product.</summary>
    public const int Rows = 4;

    /// <summary>C = A·B, or C + A·B, for four rows.</summary>
    /// <param name="a">[4, inner].</param>
    /// <param name="aStride">From one row of A to the next.</param>
    /// <param name="b">[inner, columns].</param>
    /// <param name="c">[4, columns].</param>
    /// <param name="inner">Columns of A.</param>
    /// <param name="columns">Columns of B, a multiple of 16.</param>
    /// <param name="stride">From one row of B to the next, and from one of C to the next.</param>
    /// <param name="adds">Whether C is added to.</param>
    public static void Apply(float* a, int aStride, float* b, float* c, int inner, int columns, int stride, bool adds)
    {
        int column = 0;
        // The sums of four rows and 64 columns need more registers than there are without AVX-512.
        if (Avx512F.IsSupported)
            for (; column + 64 <= columns; column += 64) Wide(a, aStride, b + column, c + column, inner, stride, adds);
        for (; column < columns; column += 16) Narrow(a, aStride, b + column, c + column, inner, stride, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide(float* a, int aStride, float* b, float* c, int inner, int stride, bool adds)
    {
        float* a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, c1 = c + stride, c2 = c1 + stride, c3 = c2 + stride;
        Vector512<float> zero = Vector512<float>.Zero;
        Vector512<float> s00 = zero, s01 = zero, s02 = zero, s03 = zero, s10 = zero, s11 = zero, s12 = zero, s13 = zero;
        Vector512<float> s20 = zero, s21 = zero, s22 = zero, s23 = zero, s30 = zero, s31 = zero, s32 = zero, s33 = zero;
        if (adds)
        {
            (s00, s01, s02, s03) = (Vector512.Load(c), Vector512.Load(c + 16), Vector512.Load(c + 32), Vector512.Load(c + 48));
            (s10, s11, s12, s13) = (Vector512.Load(c1), Vector512.Load(c1 + 16), Vector512.Load(c1 + 32), Vector512.Load(c1 + 48));
            (s20, s21, s22, s23) = (Vector512.Load(c2), Vector512.Load(c2 + 16), Vector512.Load(c2 + 32), Vector512.Load(c2 + 48));
            (s30, s31, s32, s33) = (Vector512.Load(c3), Vector512.Load(c3 + 16), Vector512.Load(c3 + 32), Vector512.Load(c3 + 48));
        }
        for (int k = 0; k < inner; k++, b += stride)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16), b2 = Vector512.Load(b + 32), b3 = Vector512.Load(b + 48);
            Vector512<float> x = Vector512.Create(a[k]);
            s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
            s02 = Vector512.FusedMultiplyAdd(x, b2, s02);
            s03 = Vector512.FusedMultiplyAdd(x, b3, s03);
            x = Vector512.Create(a1[k]);
            s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
            s12 = Vector512.FusedMultiplyAdd(x, b2, s12);
            s13 = Vector512.FusedMultiplyAdd(x, b3, s13);
            x = Vector512.Create(a2[k]);
            s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
            s22 = Vector512.FusedMultiplyAdd(x, b2, s22);
            s23 = Vector512.FusedMultiplyAdd(x, b3, s23);
            x = Vector512.Create(a3[k]);
            s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
            s32 = Vector512.FusedMultiplyAdd(x, b2, s32);
            s33 = Vector512.FusedMultiplyAdd(x, b3, s33);
        }
        Store(c, s00, s01, s02, s03);
        Store(c1, s10, s11, s12, s13);
        Store(c2, s20, s21, s22, s23);
        Store(c3, s30, s31, s32, s33);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(float* a, int aStride, float* b, float* c, int inner, int stride, bool adds)
    {
        float* a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, c1 = c + stride, c2 = c1 + stride, c3 = c2 + stride;
        Vector512<float> s0 = Vector512<float>.Zero, s1 = s0, s2 = s0, s3 = s0;
        if (adds) (s0, s1, s2, s3) = (Vector512.Load(c), Vector512.Load(c1), Vector512.Load(c2), Vector512.Load(c3));
        for (int k = 0; k < inner; k++, b += stride)
        {
            Vector512<float> b0 = Vector512.Load(b);
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[k]), b0, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(a1[k]), b0, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(a2[k]), b0, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(a3[k]), b0, s3);
        }
        s0.Store(c);
        s1.Store(c1);
        s2.Store(c2);
        s3.Store(c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector512<float> s0, Vector512<float> s1, Vector512<float> s2, Vector512<float> s3)
    {
        s0.Store(c);
        s1.Store(c + 16);
        s2.Store(c + 32);
        s3.Store(c + 48);
    }
}
