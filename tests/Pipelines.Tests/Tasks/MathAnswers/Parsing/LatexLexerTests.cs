namespace MLNetAttn.Pipelines;

public sealed class LatexLexerTests
{
    [Theory]
    [InlineData("3.5x", "Number 3.5, Letter x")]
    [InlineData("1.2.3", "Number 1.2, Number .3")]
    [InlineData("2E-3", "Number 2E-3")]
    [InlineData("50 \\%", "Percent 50")]
    [InlineData("\\pi r", "Symbol pi, Letter r")]
    [InlineData("πΩ", "Symbol pi, Symbol Omega")]
    [InlineData("\\quadx", "Letter x")]
    [InlineData("a\\,b", "Letter a, Letter b")]
    [InlineData("\\text{(B) }", "Styled B")]
    [InlineData("\\mathbb{R}", "NumberSet R")]
    [InlineData("a<=b", "Letter a, Relation <=, Letter b")]
    [InlineData("\\begin{array}{cc}1\\end{array}", "BeginMatrix array, Number 1, EndMatrix array")]
    public void Formulas_are_cut_into_tokens(string latex, string tokens) =>
        string.Join(", ", LatexLexer.Read(latex)!.SkipLast(1).Select(token => $"{token.Kind} {token.Text}")).Should().Be(tokens);

    [Theory]
    [InlineData("8.")]
    [InlineData("\\unknown")]
    [InlineData("8\\")]
    [InlineData("~")]
    [InlineData("３")]
    [InlineData("\\text{a")]
    [InlineData("\\begin{aligned}")]
    [InlineData("\\begin{array}{|c|}")]
    public void What_is_not_understood_is_refused_as_a_whole(string latex) => LatexLexer.Read(latex).Should().BeNull();
}
