using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>x·Wᵀ + b for a few rows of x, in about the time that it takes to read W.</summary>
/// <remarks>Libraries of matrix products copy and tile their operands first, which pays only where each weight is used often.</remarks>
internal static class FewRowsProduct
{
    /// <summary>With more rows the library's product is faster.</summary>
    public const int MaximumRows = 8;

    private const int Block = 4;
    private const int Tile = 16;

    [ThreadStatic]
    private static float[]? _inputs;

    /// <summary>Products are summed in float32.</summary>
    /// <param name="input">[.., in], contiguous.</param>
    /// <param name="weight">[out, in], contiguous, of the input's type.</param>
    /// <param name="bias">[out]; null = none.</param>
    /// <returns>[.., out].</returns>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias)
    {
        Tensor output = KernelSupport.EmptyAs(input, weight.size(0));
        if (input.dtype == ScalarType.BFloat16) Run<ushort, BFloat16Element>(input, weight, bias, output);
        else Run<float, SingleElement>(input, weight, bias, output);
        return output;
    }

    private static unsafe void Run<T, TElement>(Tensor input, Tensor weight, Tensor? bias, Tensor output) where T : unmanaged where TElement : IVectorElement<T>
    {
        int outputs = (int)weight.size(0), width = (int)weight.size(1), rows = (int)(input.numel() / width);
        nint inputsAt = (nint)Widen<T, TElement>(KernelSupport.Elements<T>(input));
        fixed (
            T* weights = KernelSupport.Elements<T>(weight),
            offsets = bias is null ? default : KernelSupport.Elements<T>(bias),
            target = KernelSupport.Elements<T>(output))
        {
            (nint weightsAt, nint offsetsAt, nint targetAt) = ((nint)weights, (nint)offsets, (nint)target);
            // Weights come from main memory, which takes longer than the sums.
            WorkerTeam.For((outputs + Tile - 1) / Tile, (long)Tile * 2 * width, (start, end) =>
            {
                for (int first = Tile * start; first < Math.Min(Tile * end, outputs); first += Tile)
                    Product(first, Math.Min(first + Tile, outputs));
            });

            // Some outputs of all rows: four rows of inputs stay in the first cache while the weights pass by.
            void Product(int first, int last)
            {
                float* sums = stackalloc float[2 * Block];
                int row = 0;
                for (; row + Block <= rows; row += Block)
                {
                    int i = first;
                    for (; i + 2 <= last; i += 2)
                    {
                        Dots<T, TElement>(ref Weights(i), (float*)inputsAt + (nint)row * width, width, sums);
                        for (int j = 0; j < 2 * Block; j++) Put(row + j / 2, i + j % 2, sums[j]);
                    }
                    if (i < last)
                        for (int j = row; j < row + Block; j++) Put(j, i, Dot<T, TElement>(ref Weights(i), (float*)inputsAt + (nint)j * width, width));
                }
                for (; row < rows; row++)
                    for (int i = first; i < last; i++) Put(row, i, Dot<T, TElement>(ref Weights(i), (float*)inputsAt + (nint)row * width, width));
            }

            ref T Weights(int i) => ref Unsafe.AsRef<T>((T*)weightsAt + (nint)i * width);

            void Put(int row, int i, float sum) =>
                ((T*)targetAt)[(nint)row * outputs + i] = TElement.Narrow(sum + (offsetsAt == 0 ? 0 : TElement.Widen(((T*)offsetsAt)[i])));
        }
        GC.KeepAlive(input);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe float Dot<T, TElement>(ref T weights, float* inputs, int width) where T : unmanaged where TElement : IVectorElement<T>
    {
        // Four sums, so that none waits for the one before it.
        Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
        int i = 0;
        for (; i + 64 <= width; i += 64)
        {
            a = Vector512.FusedMultiplyAdd(TElement.Load(ref Unsafe.Add(ref weights, i)), Vector512.Load(inputs + i), a);
            b = Vector512.FusedMultiplyAdd(TElement.Load(ref Unsafe.Add(ref weights, i + 16)), Vector512.Load(inputs + i + 16), b);
            c = Vector512.FusedMultiplyAdd(TElement.Load(ref Unsafe.Add(ref weights, i + 32)), Vector512.Load(inputs + i + 32), c);
            d = Vector512.FusedMultiplyAdd(TElement.Load(ref Unsafe.Add(ref weights, i + 48)), Vector512.Load(inputs + i + 48), d);
        }
        for (; i + 16 <= width; i += 16) a = Vector512.FusedMultiplyAdd(TElement.Load(ref Unsafe.Add(ref weights, i)), Vector512.Load(inputs + i), a);
        float sum = VectorReduction.Sum(a + b + (c + d));
        for (; i < width; i++) sum += TElement.Widen(Unsafe.Add(ref weights, i)) * inputs[i];
        return sum;
    }

    /// <summary>Two rows of weights times four rows of inputs: sums[2 · row + weight row]. A weight that is read and widened serves four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Dots<T, TElement>(ref T weights, float* inputs, int width, float* sums) where T : unmanaged where TElement : IVectorElement<T>
    {
        float* second = inputs + width, third = second + width, fourth = third + width;
        Vector512<float> a0 = Vector512<float>.Zero, a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            // The rows that follow these two: the processor does not see by itself that two streams are one.
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref weights, 2 * (width + i))));
            Vector512<float> w0 = TElement.Load(ref Unsafe.Add(ref weights, i)), w1 = TElement.Load(ref Unsafe.Add(ref weights, width + i));
            Vector512<float> a = Vector512.Load(inputs + i), b = Vector512.Load(second + i), c = Vector512.Load(third + i), d = Vector512.Load(fourth + i);
            a0 = Vector512.FusedMultiplyAdd(w0, a, a0);
            a1 = Vector512.FusedMultiplyAdd(w1, a, a1);
            b0 = Vector512.FusedMultiplyAdd(w0, b, b0);
            b1 = Vector512.FusedMultiplyAdd(w1, b, b1);
            c0 = Vector512.FusedMultiplyAdd(w0, c, c0);
            c1 = Vector512.FusedMultiplyAdd(w1, c, c1);
            d0 = Vector512.FusedMultiplyAdd(w0, d, d0);
            d1 = Vector512.FusedMultiplyAdd(w1, d, d1);
        }
        VectorReduction.Sums(a0, a1, b0, b1).Store(sums);
        VectorReduction.Sums(c0, c1, d0, d1).Store(sums + 4);
        for (; i < width; i++)
            for (int j = 0; j < 2 * Block; j++) sums[j] += TElement.Widen(Unsafe.Add(ref weights, j % 2 * width + i)) * inputs[j / 2 * width + i];
    }

    /// <summary>The input in float32.</summary>
    private static unsafe float* Widen<T, TElement>(ReadOnlySpan<T> source) where T : unmanaged where TElement : IVectorElement<T>
    {
        float* target = KernelSupport.Scratch(ref _inputs, source.Length);
        ref T first = ref MemoryMarshal.GetReference(source);
        int i = 0;
        for (; i + 16 <= source.Length; i += 16) TElement.Load(ref Unsafe.Add(ref first, i)).Store(target + i);
        for (; i < source.Length; i++) target[i] = TElement.Widen(source[i]);
        return target;
    }
}
