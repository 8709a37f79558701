namespace MLNetAttn.Pipelines;

public sealed class ValueComparisonTests
{
    [Theory]
    [InlineData("\\frac{1}{3}", "0.333333")]
    [InlineData("\\frac{7}{2}", "3.4999999")]
    [InlineData("42", "42.0")]
    [InlineData("\\sqrt{5}", "2.236068")]
    [InlineData("50\\%", "0.5")]
    [InlineData("50\\%", "50")]
    [InlineData("2\\sqrt{3}", "\\sqrt{12}")]
    [InlineData("0.5\\sqrt{2}", "\\frac{\\sqrt{2}}{2}")]
    [InlineData("12^{0.5}", "3.464102")]
    [InlineData("\\sqrt{10.5}", "\\frac{\\sqrt{42}}{2}")]
    [InlineData("4^{0.5}", "2")]
    [InlineData("\\sin 2x", "2\\sin(x)\\cos(x)")]
    [InlineData("\\frac{n!}{(n-2)!}", "n(n-1)")]
    [InlineData("\\frac{x^{2}-1}{x-1}", "x+1")]
    [InlineData("\\infty", "+\\infty")]
    [InlineData("9^{9^{9}}", "9^{9^{9}}")]
    public void Equal(string a, string b) => Compare(a, b).Should().BeTrue();

    [Theory]
    [InlineData("\\frac{1}{3}", "0.33")]
    [InlineData("2", "2.0000001")]
    [InlineData("2\\sqrt{3}", "12^{0.5}")]
    [InlineData("50\\%", "5000\\%")]
    [InlineData("0.25", "25")]
    [InlineData("2^{100}", "2^{100}+1")]
    [InlineData("\\sqrt{2}", "\\sqrt{2}+10^{-10}")]
    [InlineData("10^{20}+\\sqrt{2}", "\\sqrt{3}+10^{20}")]
    [InlineData("10^{20}x+\\sqrt{2}", "10^{20}x+\\sqrt{3}")]
    [InlineData("x", "|x|")]
    [InlineData("\\ln(x^{2})", "2\\ln(x)")]
    [InlineData("\\infty", "-\\infty")]
    [InlineData("f(x)", "f(y)")]
    [InlineData("\\frac{1}{0}", "\\frac{1}{0}")]
    [InlineData("9^{9^{9}}", "9^{9^{9}}+1")]
    [InlineData("9^{9^{9}}", "2^{2^{100}}")]
    [InlineData("10^{400}\\sqrt{2}", "10^{400}\\sqrt{3}")]
    [InlineData("\\infty", "10^{400}\\sqrt{2}")]
    [InlineData("\\cosh(1000)", "\\cosh(2000)")]
    public void Different(string a, string b)
    {
        Compare(a, b).Should().BeFalse();
        Compare(b, a).Should().BeFalse("the other way round too");
    }

    [Theory]
    [InlineData("x+1", "3x+3", true)]
    [InlineData("x+1", "-x-1", true)]
    [InlineData("x+1", "x+2", false)]
    [InlineData("x", "x^{2}", false)]
    [InlineData("2", "3", false)]
    public void Proportional(string a, string b, bool proportional) =>
        ValueComparison.AreProportional(LatexParser.Parse(a)!, LatexParser.Parse(b)!).Should().Be(proportional);

    private static bool Compare(string a, string b) => ValueComparison.AreEqual(LatexParser.Parse(a)!, LatexParser.Parse(b)!);
}
