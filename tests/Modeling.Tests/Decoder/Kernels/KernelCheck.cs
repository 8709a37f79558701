using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

/// <summary>What tests of kernels share: tensors of both types, and comparisons that know what each type can tell apart.</summary>
internal static class KernelCheck
{
    public static Gen<ScalarType> Types { get; } = Gen.Bool.Select(half => half ? ScalarType.BFloat16 : ScalarType.Float32);

    public static void RequireSupport() => Assert.SkipUnless(KernelSupport.IsSupported, "Kernels need AVX2.");

    public static Tensor Random(ScalarType type, int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator).to(type);
    }

    public static void Check(Action check)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        check();
    }

    /// <summary>To a few units in the last place of the largest values, since differences of these are among the results: kernels round less often than torch's
    /// operations.</summary>
    public static void Close(Tensor found, Tensor expected)
    {
        found.shape.Should().Equal(expected.shape);
        double unit = found.dtype == ScalarType.BFloat16 ? 1.0 / 64 : 1e-5;
        Tensor wide = expected.to(ScalarType.Float64), error = (found.to(ScalarType.Float64) - wide).abs() / (wide.abs().max() + 1);
        error.max().ToDouble().Should().BeLessThan(unit);
    }
}
