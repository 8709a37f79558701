using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Whether, and on which memory, the kernels of this folder run instead of torch operations.</summary>
/// <remarks>
/// Between its matrix products a decoder does many small things. As torch operations each of them costs a call, a tensor and a trip through memory; one pass
/// over memory that is
/// in the cache anyway does several at once. Kernels have no gradient, with one exception (<see cref="TurnedAttention"/>): training keeps the other operations.
/// They are written in vectors of sixteen numbers, which the runtime makes of two of eight where the processor has none of sixteen (AVX2).
/// </remarks>
internal static class KernelSupport
{
    /// <summary>Rows between the one that is computed and the one that is asked for: about what memory takes.</summary>
    public const int RowsAhead = 16;

    private const int CacheLine = 64;

    /// <summary>Whether this processor can run them.</summary>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    /// <summary>Whether a kernel without a gradient may take over: none is recorded, and kernels reach the tensor.</summary>
    public static bool Covers(Tensor tensor) => Reaches(tensor) && !is_grad_enabled();

    /// <summary>Whether kernels can read tensors like this one: float32 or bfloat16 in this machine's memory.</summary>
    public static bool Reaches(Tensor tensor) =>
        IsSupported && tensor.device_type == DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16;

    /// <summary>Room for float32 numbers, at an address from which no vector of sixteen lies across two cache lines.</summary>
    /// <param name="buffer">A field of the calling thread that keeps the room for the next call.</param>
    /// <param name="count">Numbers.</param>
    public static unsafe float* Scratch(ref float[]? buffer, int count)
    {
        if (buffer is null || buffer.Length < count + CacheLine / sizeof(float))
            buffer = GC.AllocateUninitializedArray<float>(Math.Max(count, 1024) + CacheLine / sizeof(float), pinned: true);
        return (float*)(((nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(buffer)) + CacheLine - 1) & ~(CacheLine - 1));
    }

    /// <summary>Asks for numbers that a loop comes to later, such as a row <see cref="RowsAhead"/> rows on: rows of one head lie a whole projection apart, too
    /// far for the processor to foresee the next.</summary>
    /// <param name="row">The first of them; they may lie beyond the end of their tensor.</param>
    /// <param name="count">Numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(T* row, int count) where T : unmanaged
    {
        for (int i = 0; i < count; i += CacheLine / sizeof(T)) Sse.Prefetch0(row + i);
    }

    /// <summary>An empty tensor of the shape and type of another but for its last dimension.</summary>
    public static Tensor EmptyAs(Tensor tensor, long width)
    {
        // Not by Tensor.shape: it pins an array and leaves it to the finalizer, and sampling asks for sizes thousands of times a second.
        long[] shape = new long[tensor.dim()];
        for (int i = 0; i < shape.Length; i++) shape[i] = tensor.size(i);
        shape[^1] = width;
        return empty(shape, tensor.dtype);
    }

    /// <summary>A tensor whose last dimension lies side by side: itself or, where it doesn't, a copy. Its other dimensions may lie anywhere.</summary>
    public static Tensor WithRowsInOne(Tensor tensor) => tensor.stride(-1) == 1 ? tensor : tensor.contiguous();

    /// <summary>The elements of a contiguous tensor; of one that has gaps, or that is larger than a span can be, the first, from which kernels find the others.
    /// The tensor must be kept alive while they are used.</summary>
    public static Span<T> Elements<T>(Tensor tensor) where T : unmanaged
    {
        if (tensor.is_contiguous() && tensor.numel() * tensor.element_size() <= int.MaxValue) return MemoryMarshal.Cast<byte, T>(tensor.bytes);
        using Tensor first = tensor.as_strided([1], [1], tensor.storage_offset());
        return MemoryMarshal.Cast<byte, T>(first.bytes);
    }
}
