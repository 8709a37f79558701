namespace MLNetAttn.Pipelines;

public sealed class AnswerComparisonTests
{
    [Theory]
    [InlineData("5", "x=5")]
    [InlineData("x=5", "5")]
    [InlineData("x=5", "x=2+3=5")]
    [InlineData("5", "4=5")]
    [InlineData("x>3", "3<x")]
    [InlineData("x>3", "-x<-3")]
    [InlineData("x>3", "(3,\\infty)")]
    [InlineData("2<x\\le7", "(2,7]")]
    [InlineData("x^{2}+y^{2}=9", "y^{2}+x^{2}-9=0")]
    [InlineData("y=2x", "3y=6x")]
    [InlineData("(1,2,3)", "(x,y,z)=(1,2,3)")]
    [InlineData("x\\in[0,1]", "[0,1]")]
    [InlineData("\\text{odd}", "Odd")]
    [InlineData("12", "\\text{12}")]
    [InlineData("\\frac{1}{2}", "\\text{1/2}")]
    [InlineData("0\\le x<1", "0\\le x<1")]
    public void Right(string gold, string answer) => Compare(gold, answer).Should().BeTrue();

    [Theory]
    [InlineData("5", "5=x")]
    [InlineData("x=5", "y=5")]
    [InlineData("x>3", "x\\ge3")]
    [InlineData("x>3", "2x>6")]
    [InlineData("x>3", "3")]
    [InlineData("(3,\\infty)", "x>3")]
    [InlineData("x=2", "x^{2}=4")]
    [InlineData("0\\le x<1", "0\\le x\\le1")]
    [InlineData("x\\ne3", "3")]
    [InlineData("\\text{odd}", "even")]
    [InlineData("12", "\\text{13}")]
    [InlineData("5", "x+y>5")]
    public void Wrong(string gold, string answer) => Compare(gold, answer).Should().BeFalse();

    private static bool Compare(string gold, string answer) => AnswerComparison.AreEqual(LatexParser.Parse(gold)!, LatexParser.Parse(answer)!);
}
