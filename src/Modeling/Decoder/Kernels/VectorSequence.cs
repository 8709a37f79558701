using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetAttn.Modeling;

/// <summary>Sixteen numbers at equal distances. Without AVX-512 the platform's own <see cref="Vector512.CreateSequence{T}"/> writes them one by one and reads
/// them back, which takes longer than the sums they are for.</summary>
internal static class VectorSequence
{
    /// <summary>0, 1, …, 15.</summary>
    public static Vector512<float> Indices
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }

    /// <summary>start, start + step, …</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> From(float start, float step) => Vector512.FusedMultiplyAdd(Indices, Vector512.Create(step), Vector512.Create(start));
}
