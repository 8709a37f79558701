using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class VectorElementTests
{
    private static readonly float[] Corners =
    [
        0, -0f, 1, -1, 1.00390625f, 1.01171875f,
        3.3895314e38f, float.MaxValue, float.Epsilon,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN,
        1e-40f, 65504, 0.1f, -123.456f,
    ];

    [Fact]
    public void One_number_is_rounded_to_bfloat16_as_torch_rounds_it()
    {
        using var scope = NewDisposeScope();
        float[] values = [.. Corners, .. randn(10_000, generator: new Generator(5)).data<float>()];
        float[] expected = [.. tensor(values).to(ScalarType.BFloat16).to(ScalarType.Float32).data<float>()];
        values.Select(value => BFloat16Element.Widen(BFloat16Element.Narrow(value))).Should().Equal(expected);
    }

    [Fact]
    public void Sixteen_numbers_are_read_and_written_as_one_is()
    {
        KernelCheck.RequireSupport();
        ushort[] written = new ushort[16];
        BFloat16Element.Store(Vector512.Create(Corners), ref written[0]);
        written.Should().Equal(Corners.Select(BFloat16Element.Narrow));
        float[] read = new float[16];
        BFloat16Element.Load(ref written[0]).CopyTo(read);
        read.Should().Equal(written.Select(BFloat16Element.Widen));
    }
}
