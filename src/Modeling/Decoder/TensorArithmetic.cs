using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Arithmetic between tensors and numbers that no garbage collection can disturb.</summary>
/// <remarks>
/// TorchSharp 0.107.0 turns a number into a native <c>Scalar</c> and hands its address over without keeping the object alive. If another thread starts a
/// collection in that moment, the finalizer
/// frees the scalar while torch reads it: <c>x + y</c>, <c>2 * x</c> or <c>x.masked_fill(…)</c> then fails, or computes with rubbish; half a second of it
/// beside an allocating thread is enough (docs/decisions/0007-scalars.md). Here scalars live until the operation is over. A contract test keeps the plain forms
/// out of the libraries.
/// </remarks>
internal static class TensorArithmetic
{
    // alpha of torch's addition.
    private static readonly Scalar One = 1;

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.add(scalar, One);
    }

    /// <summary>a − b.</summary>
    public static Tensor Minus(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.sub(scalar);
    }

    /// <summary>b − a.</summary>
    public static Tensor SubtractedFrom(this Tensor a, double b) => a.negative().Plus(b);

    /// <summary>a · b.</summary>
    public static Tensor Times(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.mul(scalar);
    }

    /// <summary>a / b.</summary>
    public static Tensor Over(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.div(scalar);
    }

    /// <summary>a /= b.</summary>
    public static Tensor Over_(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.div_(scalar);
    }

    /// <summary>a += b.</summary>
    public static Tensor Add_(this Tensor a, Tensor b) => a.add_(b, One);

    /// <summary>a += b.</summary>
    public static Tensor Add_(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.add_(scalar, One);
    }

    /// <summary>Values below or above the bounds become the bounds.</summary>
    public static Tensor Clamped(this Tensor a, double min = double.NegativeInfinity, double max = double.PositiveInfinity)
    {
        using Scalar low = min, high = max;
        return a.clamp(double.IsNegativeInfinity(min) ? null : low, double.IsPositiveInfinity(max) ? null : high);
    }

    /// <summary>As <see cref="Clamped"/>, in place.</summary>
    public static Tensor Clamp_(this Tensor a, double min = double.NegativeInfinity, double max = double.PositiveInfinity)
    {
        using Scalar low = min, high = max;
        return a.clamp_(double.IsNegativeInfinity(min) ? null : low, double.IsPositiveInfinity(max) ? null : high);
    }

    /// <summary>A copy with another value where the mask is true.</summary>
    public static Tensor Masked(this Tensor a, Tensor mask, double value)
    {
        using Scalar scalar = value;
        return a.masked_fill(mask, scalar);
    }

    /// <summary>As <see cref="Masked"/>, in place.</summary>
    public static Tensor Mask_(this Tensor a, Tensor mask, double value)
    {
        using Scalar scalar = value;
        return a.masked_fill_(mask, scalar);
    }

    /// <summary>Sets every element.</summary>
    public static Tensor Fill_(this Tensor a, double value)
    {
        using Scalar scalar = value;
        return a.fill_(scalar);
    }

    /// <summary>Sets the elements of a boolean tensor's columns.</summary>
    public static Tensor FillColumns_(this Tensor a, Tensor columns, double value)
    {
        using Scalar scalar = value;
        return a.index_fill_(-1, columns, scalar);
    }

    /// <summary>Where a &lt; b.</summary>
    public static Tensor Below(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.lt(scalar);
    }

    /// <summary>Where a ≤ b.</summary>
    public static Tensor AtMost(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.le(scalar);
    }

    /// <summary>Where a &gt; b.</summary>
    public static Tensor Above(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.gt(scalar);
    }

    /// <summary>Where a ≥ b.</summary>
    public static Tensor AtLeast(this Tensor a, double b)
    {
        using Scalar scalar = b;
        return a.ge(scalar);
    }

    /// <summary>start, start + step, … below stop, int64 unless another type is asked for.</summary>
    public static Tensor Range(long start, long stop, ScalarType type = ScalarType.Int64, Device? device = null, long step = 1)
    {
        using Scalar from = start, to = stop, by = step;
        return arange(from, to, by, type, device);
    }
}
