using System.Runtime.InteropServices;
using CsCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class NonFiniteTests
{
    [Fact]
    public void Every_bit_pattern_counts_as_it_should()
    {
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, -0f];
        Gen.OneOf(Gen.Float, Gen.Int[0, special.Length - 1].Select(i => special[i])).Array[0, 70].Sample(values =>
        {
            NonFinite.Count(MemoryMarshal.AsBytes<float>(values), ScalarType.Float32).Should().Be(values.Count(value => !float.IsFinite(value)));
            Half[] halves = [.. values.Select(value => (Half)value)];
            NonFinite.Count(MemoryMarshal.AsBytes<Half>(halves), ScalarType.Float16).Should().Be(halves.Count(value => !Half.IsFinite(value)));
            double[] doubles = [.. values.Select(value => (double)value)];
            NonFinite.Count(MemoryMarshal.AsBytes<double>(doubles), ScalarType.Float64).Should().Be(doubles.Count(value => !double.IsFinite(value)));
            // bfloat16 is the upper half of float32; cutting the rest keeps infinities, and the NaN that C# makes.
            ushort[] brains = [.. values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))];
            NonFinite.Count(MemoryMarshal.AsBytes<ushort>(brains), ScalarType.BFloat16).Should().Be(values.Count(value => !float.IsFinite(value)));
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void Integers_are_always_finite() => NonFinite.Count([0xFF, 0xFF, 0xFF, 0xFF], ScalarType.Int32).Should().Be(0);
}
