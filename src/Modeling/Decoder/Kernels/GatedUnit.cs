using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The gated unit of SwiGLU (Shazeer, arXiv 2002.05202): silu(gate) · up.</summary>
internal static class GatedUnit
{
    /// <summary>Gate and up side by side [.., 2 · intermediate] → [.., intermediate]. Differentiable if not fused.</summary>
    /// <param name="gateUp">[.., 2 · intermediate], contiguous.</param>
    /// <param name="fused">One pass over memory, which <see cref="KernelSupport"/> must cover.</param>
    public static Tensor Apply(Tensor gateUp, bool fused)
    {
        if (!fused)
        {
            Tensor[] parts = gateUp.chunk(2, -1);
            return nn.functional.silu(parts[0]) * parts[1];
        }
        Tensor result = KernelSupport.EmptyAs(gateUp, gateUp.size(-1) / 2);
        if (gateUp.dtype == ScalarType.BFloat16) Run<ushort, BFloat16Element>(gateUp, result);
        else Run<float, SingleElement>(gateUp, result);
        return result;
    }

    private static unsafe void Run<T, TElement>(Tensor gateUp, Tensor result) where T : unmanaged where TElement : IVectorElement<T>
    {
        int width = (int)result.size(-1), rows = (int)(result.numel() / width);
        fixed (T* source = KernelSupport.Elements<T>(gateUp), target = KernelSupport.Elements<T>(result))
        {
            (nint sourceAt, nint targetAt) = ((nint)source, (nint)target);
            // Four times the work of a sum: the exponential.
            WorkerTeam.For(rows, 4 * width, (start, end) =>
            {
                for (int row = start; row < end; row++)
                {
                    ref T gate = ref Unsafe.AsRef<T>((T*)sourceAt + (nint)row * 2 * width);
                    Row<T, TElement>(ref gate, ref Unsafe.Add(ref gate, width), ref Unsafe.AsRef<T>((T*)targetAt + (nint)row * width), width);
                }
            });
        }
        GC.KeepAlive(gateUp);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<T, TElement>(ref T gate, ref T up, ref T target, int width) where T : unmanaged where TElement : IVectorElement<T>
    {
        // The last vector ends where the row does, and may overlap the one before it.
        int whole = width < 16 ? 0 : width;
        for (int next = 0; next < whole; next += 16)
        {
            int i = Math.Min(next, width - 16);
            Vector512<float> value = TElement.Load(ref Unsafe.Add(ref gate, i));
            Vector512<float> silu = value / (Vector512<float>.One + VectorExponential.Of(-value));
            TElement.Store(silu * TElement.Load(ref Unsafe.Add(ref up, i)), ref Unsafe.Add(ref target, i));
        }
        for (int i = whole; i < width; i++)
        {
            float value = TElement.Widen(Unsafe.Add(ref gate, i));
            Unsafe.Add(ref target, i) = TElement.Narrow(value / (1 + MathF.Exp(-value)) * TElement.Widen(Unsafe.Add(ref up, i)));
        }
    }
}
