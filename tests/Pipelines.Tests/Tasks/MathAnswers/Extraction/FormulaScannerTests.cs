namespace MLNetAttn.Pipelines;

public sealed class FormulaScannerTests
{
    [Theory]
    [InlineData("so $x+1$ is", "x+1")]
    [InlineData("so $$x\n+1$$ is", "x\n+1")]
    [InlineData("so \\[x\n+1\\] is", "x\n+1")]
    [InlineData("so \\(x+1\\) is", "x+1")]
    [InlineData("so [ 1, 2 ] is", " 1, 2 ")]
    [InlineData("so -\\frac{1}{2} is", "-\\frac{1}{2}")]
    [InlineData("costs \\$5 and $x$", "x")]
    [InlineData("$a$ b $c$", "a|c")]
    [InlineData("$1$, $2$ and $3$", "1+2+3")]
    [InlineData("$a\\$b$", "a\\$b")]
    [InlineData("costs 5$ or 6$", "")]
    [InlineData("\\(a\nb\\)", "")]
    [InlineData("$$", "")]
    [InlineData("$", "")]
    [InlineData("\\[a", "")]
    [InlineData("", "")]
    public void Formulas_are_found_between_their_delimiters(string text, string found) => Find(text, boxed: false).Should().Be(found);

    [Theory]
    [InlineData("$x$ and $\\boxed{5}$", "\\boxed{5}")]
    [InlineData("\\[ \\boxed{\\frac{1}{2}} \\]", " \\boxed{\\frac{1}{2}} ")]
    [InlineData("$\\boxed{}$", "")]
    public void Formulas_with_a_box_can_be_asked_for(string text, string found) => Find(text, boxed: true).Should().Be(found);

    [Theory]
    [InlineData("$50$ percent", true)]
    [InlineData("$50$ %", true)]
    [InlineData("$50$ per cent", false)]
    public void A_percent_sign_behind_counts(string text, bool percent) =>
        new FormulaScanner(text).At(0, boxed: false)!.Parts.Single().Percent.Should().Be(percent);

    private static string Find(string text, bool boxed) =>
        string.Join('|', new FormulaScanner(text).All(boxed).Select(match => string.Join('+', match.Parts.Select(part => part.Content))));
}
