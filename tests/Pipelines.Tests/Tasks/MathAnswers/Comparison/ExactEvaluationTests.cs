namespace MLNetAttn.Pipelines;

public sealed class ExactEvaluationTests
{
    [Theory]
    [InlineData("\\frac{1}{3}+\\frac{1}{6}", "1/2")]
    [InlineData("2^{10}-2^{-1}", "2047/2")]
    [InlineData("\\sqrt{\\frac{49}{4}}", "7/2")]
    [InlineData("8^{\\frac{2}{3}}", "4/1")]
    [InlineData("\\sqrt{10^{40}}", "100000000000000000000/1")]
    [InlineData("5!", "120/1")]
    [InlineData("\\binom{10}{3}", "120/1")]
    [InlineData("\\lfloor -2.5 \\rfloor", "-3/1")]
    [InlineData("\\lceil -2.5 \\rceil", "-2/1")]
    [InlineData("|-3|", "3/1")]
    [InlineData("\\gcd(12,18)", "6/1")]
    [InlineData("\\operatorname{lcm}(4,6)", "12/1")]
    [InlineData("\\max(1,3,2)", "3/1")]
    [InlineData("7\\mod 3", "1/1")]
    [InlineData("\\sum_{k=1}^{100}k", "5050/1")]
    [InlineData("\\prod_{k=1}^{5}k", "120/1")]
    [InlineData("50\\%", "1/2")]
    [InlineData("\\det\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "-2/1")]
    public void Rational_values_are_exact(string latex, string value) => Value(latex).Should().Be(value);

    [Theory]
    [InlineData("\\sqrt{2}")]
    [InlineData("\\sqrt{-4}")]
    [InlineData("\\pi")]
    [InlineData("x")]
    [InlineData("0^{-1}")]
    [InlineData("9^{9^{9}}")]
    [InlineData("10^{5000}")]
    [InlineData("2000!")]
    [InlineData("\\sum_{k=1}^{10^{9}}k")]
    public void Others_have_none(string latex) => Value(latex).Should().BeNull();

    [Fact]
    public void Roots_undo_powers()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            int degree = random.Next(2, 8), number = random.Next(2, 1000);
            string power = System.Numerics.BigInteger.Pow(number, degree).ToString();
            Value($"\\sqrt[{degree}]{{{power}}}").Should().Be($"{number}/1");
            Value($"\\sqrt[{degree}]{{{power}+1}}").Should().BeNull();
        }
    }

    private static string? Value(string latex) =>
        ExactEvaluation.Constant(LatexParser.Parse(latex)!) is { } value ? $"{value.Numerator}/{value.Denominator}" : null;
}
