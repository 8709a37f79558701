namespace MLNetAttn.Pipelines;

public sealed class LatexNormalizerTests
{
    [Theory]
    [InlineData("\\left(1,2\\right]", "(1,2]")]
    [InlineData("\\left\\lfloor x \\right\\rfloor", "\\lfloor x \\rfloor")]
    [InlineData("\\dfrac12", "\\frac{1}{2}")]
    [InlineData("\\frac1{2}", "\\frac{1}{2}")]
    [InlineData("\\frac{a}2", "\\frac{a}{2}")]
    [InlineData("\\sqrt3", "\\sqrt{3}")]
    [InlineData("\\sqrt x", "\\sqrt{x}")]
    [InlineData("\\log_28", "\\log_{2}{8}")]
    [InlineData("x^(2n)", "x^{2n}")]
    [InlineData("-3/4", "\\frac{-3}{4}")]
    [InlineData("x/4", "x/4")]
    [InlineData(".5x", "0.5x")]
    [InlineData("1{,}234", "1,234")]
    [InlineData("1,\\!234", "1,234")]
    [InlineData("2 \\text{ and } 3", "2, 3")]
    [InlineData("2 or 3", "2, 3")]
    [InlineData("50 percent", "50\\%")]
    [InlineData("\\textbf{B}", "\\text{B}")]
    [InlineData("\\$5", "5")]
    [InlineData("\\displaystyle 5", "5")]
    [InlineData("infinity", "\\infty")]
    [InlineData("\\infty", "\\infty")]
    [InlineData("12\\text{ cm}^2", "12")]
    [InlineData("", "")]
    public void Spellings_become_one(string latex, string normalized) => LatexNormalizer.Normalize(latex).Should().Be(normalized);

    [Theory]
    [InlineData("\\frac")]
    [InlineData("\\frac1")]
    [InlineData("\\sqrt")]
    [InlineData("^(")]
    [InlineData("\\")]
    public void Pieces_of_commands_do_no_harm(string latex) => LatexNormalizer.Normalize(latex).Should().Be(latex);
}
