using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetAttn.Modeling;

/// <summary>One number from the elements of a vector, by halves. The platform's own sums keep an order that takes three times as long.</summary>
internal static class VectorReduction
{
    /// <summary>The sums of four vectors, in about the time of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) =>
        Sse3.HorizontalAdd(Sse3.HorizontalAdd(Quarter(a), Quarter(b)), Sse3.HorizontalAdd(Quarter(c), Quarter(d)));

    /// <summary>The sum of the elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> x)
    {
        Vector128<float> pairs = Sse3.HorizontalAdd(Quarter(x), Vector128<float>.Zero);
        return pairs[0] + pairs[1];
    }

    /// <summary>The largest element; any of them where one is NaN. Maxima that pass NaN on take seven times as long, and whoever goes on to sum the elements
    /// gets NaN anyway.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> x)
    {
        Vector256<float> half = Vector256.MaxNative(x.GetLower(), x.GetUpper());
        Vector128<float> quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        quarter = Vector128.MaxNative(quarter, Sse.MoveHighToLow(quarter, quarter));
        return quarter[0] > quarter[1] ? quarter[0] : quarter[1];
    }

    /// <summary>The largest of numbers side by side; NaN as above.</summary>
    /// <param name="values">The first of them.</param>
    /// <param name="count">How many, at least one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe float Largest<T, TElement>(T* values, int count) where T : unmanaged where TElement : IVectorElement<T>
    {
        if (count < 16)
        {
            float largest = TElement.Widen(values[0]);
            for (int i = 1; i < count; i++) largest = MathF.Max(largest, TElement.Widen(values[i]));
            return largest;
        }
        // The last vector ends where the numbers do, and may overlap the one before it.
        Vector512<float> most = TElement.Load(ref values[count - 16]);
        for (int i = 0; i + 16 < count; i += 16) most = Vector512.MaxNative(most, TElement.Load(ref values[i]));
        return Largest(most);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(Vector512<float> x)
    {
        Vector256<float> half = x.GetLower() + x.GetUpper();
        return half.GetLower() + half.GetUpper();
    }
}
