using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetAttn.Modeling;

/// <summary>Turns small float32 matrices that lie in the cache, eight rows and columns at a time: number by number it takes as long as a product with
/// them.</summary>
internal static unsafe class TileTranspose
{
    /// <summary>Rows and columns of a block.</summary>
    public const int Block = 8;

    /// <summary>B = Aᵀ.</summary>
    /// <param name="a">[rows, columns].</param>
    /// <param name="aStride">From one row of A to the next.</param>
    /// <param name="b">[columns, rows].</param>
    /// <param name="bStride">From one row of B to the next.</param>
    /// <param name="rows">Rows of A, a multiple of 8.</param>
    /// <param name="columns">Columns of A, a multiple of 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(float* a, int aStride, float* b, int bStride, int rows, int columns)
    {
        for (int row = 0; row < rows; row += Block)
            for (int column = 0; column < columns; column += Block)
                Turn(a + row * aStride + column, aStride, b + column * bStride + row, bStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(float* a, int aStride, float* b, int bStride)
    {
        // Pairs of rows, then fours within each half of eight columns, then the halves.
        (Vector256<float> p0, Vector256<float> p1) = Pairs(a, aStride);
        (Vector256<float> p2, Vector256<float> p3) = Pairs(a + 2 * aStride, aStride);
        (Vector256<float> p4, Vector256<float> p5) = Pairs(a + 4 * aStride, aStride);
        (Vector256<float> p6, Vector256<float> p7) = Pairs(a + 6 * aStride, aStride);
        Store(Avx.Shuffle(p0, p2, 0x44), Avx.Shuffle(p4, p6, 0x44), b, bStride);
        Store(Avx.Shuffle(p0, p2, 0xEE), Avx.Shuffle(p4, p6, 0xEE), b + bStride, bStride);
        Store(Avx.Shuffle(p1, p3, 0x44), Avx.Shuffle(p5, p7, 0x44), b + 2 * bStride, bStride);
        Store(Avx.Shuffle(p1, p3, 0xEE), Avx.Shuffle(p5, p7, 0xEE), b + 3 * bStride, bStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Low, Vector256<float> High) Pairs(float* a, int stride)
    {
        Vector256<float> first = Vector256.Load(a), second = Vector256.Load(a + stride);
        return (Avx.UnpackLow(first, second), Avx.UnpackHigh(first, second));
    }

    /// <summary>A row of the result and the one four further on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> first, Vector256<float> second, float* b, int stride)
    {
        Avx.Permute2x128(first, second, 0x20).Store(b);
        Avx.Permute2x128(first, second, 0x31).Store(b + 4 * stride);
    }
}
