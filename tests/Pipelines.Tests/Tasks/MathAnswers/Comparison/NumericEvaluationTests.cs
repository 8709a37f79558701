using System.Numerics;

namespace MLNetAttn.Pipelines;

public sealed class NumericEvaluationTests
{
    [Theory]
    [InlineData("2\\pi", 2 * Math.PI)]
    [InlineData("e^{2}", 7.38905609893065)]
    [InlineData("\\log 1000", 3)]
    [InlineData("\\ln 2", 0.693147180559945)]
    [InlineData("\\log_{2}{8}", 3)]
    [InlineData("\\sin\\frac{\\pi}{6}", 0.5)]
    [InlineData("\\sin^{2}(1)+\\cos^{2}(1)", 1)]
    [InlineData("\\sin^{-1}(1)", Math.PI / 2)]
    [InlineData("\\sec 0+\\cot\\frac{\\pi}{4}", 2)]
    [InlineData("\\arctan 1", Math.PI / 4)]
    [InlineData("\\cosh(0)", 1)]
    [InlineData("\\sqrt[3]{27}", 3)]
    [InlineData("0.5!", 0.886226925452758)]
    [InlineData("\\sum_{k=1}^{3}\\sqrt{k}", 4.14626436994197)]
    [InlineData("-\\infty", double.NegativeInfinity)]
    public void Constants_have_their_value(string latex, double value)
    {
        Complex? found = NumericEvaluation.Constant(LatexParser.Parse(latex)!);
        found!.Value.Imaginary.Should().Be(0);
        if (double.IsFinite(value)) found.Value.Real.Should().BeApproximately(value, 1e-12 * Math.Max(1, Math.Abs(value)));
        else found.Value.Real.Should().Be(value);
    }

    [Theory]
    [InlineData("\\frac{x}{0.0}")]
    [InlineData("\\ln 0")]
    [InlineData("(-1)!")]
    [InlineData("x")]
    [InlineData("\\infty-\\infty")]
    [InlineData("9^{9^{9}}")]
    [InlineData("10^{300}\\cdot10^{300}")]
    [InlineData("1000.5!")]
    public void What_has_no_value_has_none(string latex) => NumericEvaluation.Constant(LatexParser.Parse(latex)!).Should().BeNull();

    [Fact]
    public void Roots_of_negative_numbers_are_complex() =>
        Complex.Abs(NumericEvaluation.Constant(LatexParser.Parse("\\sqrt{-4}")!)!.Value - new Complex(0, 2)).Should().BeLessThan(1e-12);
}
