using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetAttn.Modeling;

/// <summary>Sums over the elements of vectors.</summary>
internal static class VectorSums
{
    /// <summary>The sums of four vectors, in about the time of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        return Sse3.HorizontalAdd(Sse3.HorizontalAdd(Quarter(a), Quarter(b)), Sse3.HorizontalAdd(Quarter(c), Quarter(d)));

        static Vector128<float> Quarter(Vector512<float> x)
        {
            Vector256<float> half = x.GetLower() + x.GetUpper();
            return half.GetLower() + half.GetUpper();
        }
    }
}
