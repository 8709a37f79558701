using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>RMSNorm (Zhang and Sennrich, arXiv 1910.07467): x / √(mean(x²) + ε) · w over the last dimension, in float32 whatever the weights' type, as
/// transformers does.</summary>
internal static class RootMeanSquareNorm
{
    /// <summary>The norm of x. Differentiable.</summary>
    public static Tensor Apply(Tensor x, Tensor weight, double epsilon)
    {
        Tensor wide = x.to(ScalarType.Float32);
        return (wide * (wide * wide).mean([-1], keepdim: true).Plus(epsilon).rsqrt()).to(x.dtype) * weight;
    }

    /// <summary>x + added, and the norm of that. Differentiable if not fused.</summary>
    /// <param name="x">[.., hidden], contiguous.</param>
    /// <param name="added">The same shape; null = nothing is added.</param>
    /// <param name="weight">[hidden].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="fused">One pass over memory, which <see cref="KernelSupport"/> must cover; x is overwritten with the sum.</param>
    public static (Tensor Sum, Tensor Normalized) Add(Tensor x, Tensor? added, Tensor weight, double epsilon, bool fused)
    {
        if (!fused)
        {
            if (added is not null) x = x.Plus(added);
            return (x, Apply(x, weight, epsilon));
        }
        Tensor normalized = empty_like(x);
        if (x.dtype == ScalarType.BFloat16) Run<ushort, BFloat16Element>(x, added, weight, normalized, (float)epsilon);
        else Run<float, SingleElement>(x, added, weight, normalized, (float)epsilon);
        return (x, normalized);
    }

    /// <summary>One row in place: what Qwen3 does to every head.</summary>
    public static void Row<T, TElement>(Span<T> row, ReadOnlySpan<T> weight, float epsilon)
        where T : unmanaged where TElement : IVectorElement<T> =>
        Row<T, TElement>(
            ref MemoryMarshal.GetReference(row), ref Unsafe.NullRef<T>(),
            ref MemoryMarshal.GetReference(weight), ref MemoryMarshal.GetReference(row), row.Length, epsilon);

    private static unsafe void Run<T, TElement>(Tensor x, Tensor? added, Tensor weight, Tensor normalized, float epsilon)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        int width = (int)weight.size(0), rows = (int)(x.numel() / width);
        fixed (
            T* source = KernelSupport.Elements<T>(x),
            plus = added is null ? default : KernelSupport.Elements<T>(added),
            scale = KernelSupport.Elements<T>(weight),
            target = KernelSupport.Elements<T>(normalized))
        {
            (nint sourceAt, nint plusAt, nint scaleAt, nint targetAt) = ((nint)source, (nint)plus, (nint)scale, (nint)target);
            // Read, added to, read again, written.
            WorkerTeam.For(rows, 4L * width, (start, end) =>
            {
                for (int row = start; row < end; row++)
                    Row<T, TElement>(
                        ref Unsafe.AsRef<T>((T*)sourceAt + (nint)row * width),
                        ref plusAt == 0 ? ref Unsafe.NullRef<T>() : ref Unsafe.AsRef<T>((T*)plusAt + (nint)row * width),
                        ref Unsafe.AsRef<T>((T*)scaleAt),
                        ref Unsafe.AsRef<T>((T*)targetAt + (nint)row * width),
                        width,
                        epsilon);
            });
        }
        GC.KeepAlive(x);
        GC.KeepAlive(added);
        GC.KeepAlive(normalized);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<T, TElement>(ref T x, ref T added, ref T weight, ref T target, int width, float epsilon)
        where T : unmanaged where TElement : IVectorElement<T>
    {
        bool adds = !Unsafe.IsNullRef(ref added);
        Vector512<float> squares = Vector512<float>.Zero;
        float rest = 0;
        int whole = width & ~15;
        for (int i = 0; i < whole; i += 16)
        {
            Vector512<float> value = TElement.Load(ref Unsafe.Add(ref x, i));
            if (adds)
            {
                TElement.Store(value + TElement.Load(ref Unsafe.Add(ref added, i)), ref Unsafe.Add(ref x, i));
                value = TElement.Load(ref Unsafe.Add(ref x, i));
            }
            squares += value * value;
        }
        for (int i = whole; i < width; i++)
        {
            if (adds) Unsafe.Add(ref x, i) = TElement.Narrow(TElement.Widen(Unsafe.Add(ref x, i)) + TElement.Widen(Unsafe.Add(ref added, i)));
            float value = TElement.Widen(Unsafe.Add(ref x, i));
            rest += value * value;
        }
        float scale = 1 / MathF.Sqrt((VectorReduction.Sum(squares) + rest) / width + epsilon);
        Vector512<float> scales = Vector512.Create(scale);
        for (int i = 0; i < whole; i += 16)
            TElement.Store(TElement.Load(ref Unsafe.Add(ref x, i)) * scales * TElement.Load(ref Unsafe.Add(ref weight, i)), ref Unsafe.Add(ref target, i));
        for (int i = whole; i < width; i++)
            Unsafe.Add(ref target, i) = TElement.Narrow(TElement.Widen(Unsafe.Add(ref x, i)) * scale * TElement.Widen(Unsafe.Add(ref weight, i)));
    }
}
