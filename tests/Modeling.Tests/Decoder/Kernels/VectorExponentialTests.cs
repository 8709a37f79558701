using System.Runtime.Intrinsics;

namespace MLNetAttn.Modeling.Tests;

public sealed class VectorExponentialTests
{
    public VectorExponentialTests() => KernelCheck.RequireSupport();

    [Fact]
    public void Is_within_two_units_in_the_last_place()
    {
        for (float x = -87; x < 88.7f; x += 0.00137f)
        {
            double exact = Math.Exp(x);
            (Math.Abs(Exponential(x) - exact) / exact).Should().BeLessThan(2 * 1.2e-7, "of {0}", x);
        }
    }

    [Fact]
    public void Is_rounded_to_what_lies_nearest_where_numbers_lose_their_last_places()
    {
        for (float x = -103; x < -87.4f; x += 0.00137f)
            ((double)Exponential(x)).Should().BeApproximately(Math.Exp(x), 1e-45 + 2 * 1.2e-7 * Math.Exp(x), "of {0}", x);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-1e30f, 0f)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(89f, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Has_the_limits_of_the_function(float x, float expected) => Exponential(x).Should().Be(expected);

    private static float Exponential(float x) => VectorExponential.Of(Vector512.Create(x))[7];
}
