namespace MLNetAttn.Pipelines;

public sealed class RealSetTests
{
    [Theory]
    [InlineData("(-\\infty,-2]\\cup[3,\\infty)", "\\mathbb{R}\\setminus(-2,3)")]
    [InlineData("(0,2)\\cap(1,3)", "(1,2)")]
    [InlineData("(0,1)\\cup[1,2)", "(0,2)")]
    [InlineData("[0,1]\\setminus\\{0,1\\}", "(0,1)")]
    [InlineData("(0,1)\\cap(2,3)", "\\{\\}")]
    [InlineData("(0,1)\\cup\\{1\\}", "(0,1]")]
    public void Operations_give_sets(string a, string b) => From(a)!.Equals(From(b)!).Should().BeTrue();

    [Theory]
    [InlineData("(0,1)\\cup(1,2)", "(0,2)")]
    [InlineData("[0,1]", "[0,1)")]
    [InlineData("\\{1\\}", "\\{\\}")]
    public void Others_differ(string a, string b) => From(a)!.Equals(From(b)!).Should().BeFalse();

    [Theory]
    [InlineData("\\mathbb{Z}")]
    [InlineData("\\{x\\}")]
    [InlineData("(x,2)")]
    [InlineData("(1,2,3)")]
    public void What_is_no_set_of_real_numbers_is_none(string latex) => From(latex).Should().BeNull();

    [Theory]
    [InlineData("2x+1<7", "(-\\infty,3)")]
    [InlineData("-x\\ge2", "(-\\infty,-2]")]
    [InlineData("1<x\\le4", "(1,4]")]
    [InlineData("3x=6", "\\{2\\}")]
    [InlineData("x\\ne0", "(-\\infty,0)\\cup(0,\\infty)")]
    public void Linear_relations_are_solved(string relation, string set) =>
        RealSet.FromRelation(LatexParser.Parse(relation)!)!.Equals(From(set)!).Should().BeTrue();

    [Theory]
    [InlineData("x^{2}<4")]
    [InlineData("x<y")]
    [InlineData("1<2")]
    [InlineData("0x<1")]
    public void Others_are_not(string relation) => RealSet.FromRelation(LatexParser.Parse(relation)!).Should().BeNull();

    private static RealSet? From(string latex) => RealSet.From(LatexParser.Parse(latex)!);
}
