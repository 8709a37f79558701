using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Norm and rotation of queries and keys where they lie, in the output of their projection.</summary>
internal static class RotaryKernel
{
    /// <summary>Turns the first heads of every row in place.</summary>
    /// <param name="projected">[B, T, all heads, D], contiguous: queries, keys, then values, which stay as they are.</param>
    /// <param name="queryHeads">Heads of queries.</param>
    /// <param name="keyHeads">Heads of keys.</param>
    /// <param name="queryNorm">[D], of every query head before it is turned; null = none.</param>
    /// <param name="keyNorm">[D], of every key head; null = none.</param>
    /// <param name="cos">[T, 1, D] for the positions.</param>
    /// <param name="signedSin">[T, 1, D], minus in the first half.</param>
    /// <param name="epsilon">ε of the norms.</param>
    public static void Apply(Tensor projected, int queryHeads, int keyHeads, Tensor? queryNorm, Tensor? keyNorm, Tensor cos, Tensor signedSin, double epsilon)
    {
        if (projected.dtype == ScalarType.BFloat16)
            Run<ushort, BFloat16Element>(projected, queryHeads, keyHeads, queryNorm, keyNorm, cos, signedSin, (float)epsilon);
        else
            Run<float, SingleElement>(projected, queryHeads, keyHeads, queryNorm, keyNorm, cos, signedSin, (float)epsilon);
    }

    private static unsafe void Run<T, TElement>(
        Tensor projected, int queryHeads, int keyHeads, Tensor? queryNorm, Tensor? keyNorm, Tensor cos, Tensor signedSin, float epsilon)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int length = (int)projected.size(1), allHeads = (int)projected.size(2), size = (int)projected.size(3), rows = (int)projected.size(0) * length;
        fixed (
            T* data = KernelSupport.Elements<T>(projected),
            cosines = KernelSupport.Elements<T>(cos),
            sines = KernelSupport.Elements<T>(signedSin),
            queryScale = queryNorm is null ? default : KernelSupport.Elements<T>(queryNorm),
            keyScale = keyNorm is null ? default : KernelSupport.Elements<T>(keyNorm))
        {
            (nint dataAt, nint cosinesAt, nint sinesAt, nint queryScaleAt, nint keyScaleAt) =
                ((nint)data, (nint)cosines, (nint)sines, (nint)queryScale, (nint)keyScale);
            WorkerTeam.For(rows, (queryHeads + keyHeads) * size, (start, end) =>
            {
                for (int row = start; row < end; row++)
                    for (int head = 0; head < queryHeads + keyHeads; head++)
                    {
                        T* values = (T*)dataAt + ((nint)row * allHeads + head) * size;
                        T* scale = (T*)(head < queryHeads ? queryScaleAt : keyScaleAt);
                        if (scale is not null) RootMeanSquareNorm.Row<T, TElement>(new Span<T>(values, size), new ReadOnlySpan<T>(scale, size), epsilon);
                        Turn<T, TElement>(ref *values, ref *((T*)cosinesAt + row % length * size), ref *((T*)sinesAt + row % length * size), size / 2);
                    }
            });
        }
        GC.KeepAlive(projected);
        GC.KeepAlive(cos);
        GC.KeepAlive(signedSin);
    }

    /// <summary>(x₁, x₂) → (x₁·cos − x₂·sin, x₂·cos + x₁·sin).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn<T, TElement>(ref T values, ref T cos, ref T signedSin, int half) where T : unmanaged where TElement : IVectorElement<T>
    {
        if (half == 8)
        {
            // A head of sixteen is one vector, and its other half the same with the halves changed round.
            Vector512<float> both = TElement.Load(ref values), other = Vector512.Create(both.GetUpper(), both.GetLower());
            TElement.Store(both * TElement.Load(ref cos) + other * TElement.Load(ref signedSin), ref values);
            return;
        }
        int whole = half & ~15;
        for (int i = 0; i < whole; i += 16)
        {
            Vector512<float> first = TElement.Load(ref Unsafe.Add(ref values, i)), second = TElement.Load(ref Unsafe.Add(ref values, half + i));
            Vector512<float> c = TElement.Load(ref Unsafe.Add(ref cos, i)), s = TElement.Load(ref Unsafe.Add(ref signedSin, half + i));
            TElement.Store(first * c - second * s, ref Unsafe.Add(ref values, i));
            TElement.Store(second * c + first * s, ref Unsafe.Add(ref values, half + i));
        }
        for (int i = whole; i < half; i++)
        {
            float first = TElement.Widen(Unsafe.Add(ref values, i)), second = TElement.Widen(Unsafe.Add(ref values, half + i));
            float c = TElement.Widen(Unsafe.Add(ref cos, i)), s = TElement.Widen(Unsafe.Add(ref signedSin, half + i));
            Unsafe.Add(ref values, i) = TElement.Narrow(first * c - second * s);
            Unsafe.Add(ref values, half + i) = TElement.Narrow(second * c + first * s);
        }
    }
}
