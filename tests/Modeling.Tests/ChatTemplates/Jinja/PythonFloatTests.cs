using System.Globalization;
using System.Numerics;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class PythonFloatTests
{
    [Fact]
    public void The_text_of_a_float_is_the_shortest_that_gives_it_back() => Gen.Double.Sample(number =>
    {
        string text = PythonFloat.Repr(number);
        PythonFloat.Parse(text)!.Value.Should().Be(number);
        string digits = new([.. text.Split('e')[0].Where(char.IsAsciiDigit)]);
        if (double.IsFinite(number))
            digits.Trim('0').Length.Should().BeLessThanOrEqualTo(17);
    });

    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(100.0, "100.0")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(9007199254740993e0, "9007199254740992.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001234, "1.234e-05")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void Exponents_begin_where_Pythons_do(double number, string text) => PythonFloat.Repr(number).Should().Be(text);

    [Fact]
    public void Rounding_goes_to_the_nearest_and_halves_to_even() => Gen.Select(Gen.Double[-1e6, 1e6], Gen.Int[0, 6]).Sample((number, places) =>
    {
        // Twice the distance from the number, exactly: a double is an integer over a power of two.
        BigInteger scale = BigInteger.Pow(10, places), numerator = new(Math.ScaleB(number, 60)), denominator = BigInteger.One << 60;
        if (Math.ScaleB((double)numerator, -60) != number)
            return;
        BigInteger rounded = PythonFloat.Round(number, places)!.Value, twice = 2 * BigInteger.Abs((rounded * denominator) - (numerator * scale));
        (twice < denominator || (twice == denominator && rounded.IsEven))
            .Should().BeTrue($"{number.ToString("R", CultureInfo.InvariantCulture)} to {places} places is not {rounded}");
    });

    [Theory]
    [InlineData("12", 10, 12)]
    [InlineData(" -1_000\n", 10, -1000)]
    [InlineData("0xfF", 16, 255)]
    [InlineData("0b101", 0, 5)]
    [InlineData("z", 36, 35)]
    [InlineData("٣", 10, 3)]
    public void Integers_are_read_as_Python_reads_them(string text, int radix, int expected) =>
        ((int?)PythonFloat.ParseInteger(text, radix)).Should().Be(expected);

    [Theory]
    [InlineData("")]
    [InlineData("1__0")]
    [InlineData("_1")]
    [InlineData("1 0")]
    [InlineData("1.0")]
    [InlineData("--1")]
    [InlineData("0x1")]
    public void What_is_no_integer_is_none(string text) => PythonFloat.ParseInteger(text, 10).Should().BeNull();
}
