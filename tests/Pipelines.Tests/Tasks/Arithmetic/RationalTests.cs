using System.Numerics;
using CsCheck;

namespace MLNetAttn.Pipelines;

public sealed class RationalTests
{
    [Fact]
    public void Results_are_in_lowest_terms()
    {
        Rational? sixth = Rational.Divide(Rational.FromInteger(-4), Rational.FromInteger(-24));
        sixth!.Value.Numerator.Should().Be(BigInteger.One);
        sixth.Value.Denominator.Should().Be(new BigInteger(6));
    }

    [Fact]
    public void Every_finite_double_comes_back_as_it_was() => Gen.Double.Sample(value =>
    {
        if (double.IsFinite(value))
            Rational.FromDouble(value)!.Value.ToDouble().Should().BeApproximately(value, Math.Abs(value) * 1e-15);
        else
            Rational.FromDouble(value).Should().BeNull();
    });

    [Fact]
    public void Arithmetic_obeys_its_laws() => Gen.Int.Select(Gen.Int[1, 999], Gen.Int, Gen.Int[1, 999]).Sample((a, b, c, d) =>
    {
        Rational x = Rational.Divide(Rational.FromInteger(a), Rational.FromInteger(b))!.Value;
        Rational y = Rational.Divide(Rational.FromInteger(c), Rational.FromInteger(d))!.Value;
        Rational.Subtract(Rational.Add(x, y)!.Value, y).Should().Be(x);
        if (c != 0)
            Rational.Divide(Rational.Multiply(x, y)!.Value, y).Should().Be(x);
    });

    [Fact]
    public void A_result_beyond_the_bound_is_no_value()
    {
        Rational two = Rational.FromInteger(2);
        Rational large = Rational.Power(two, Rational.FromInteger(4000))!.Value;
        Rational.Multiply(large, large).Should().BeNull();
        Rational.Power(large, two).Should().BeNull();
        large.ToDouble().Should().Be(double.PositiveInfinity);
    }
}
