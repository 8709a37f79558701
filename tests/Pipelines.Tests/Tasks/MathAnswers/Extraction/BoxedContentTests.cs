namespace MLNetAttn.Pipelines;

public sealed class BoxedContentTests
{
    [Theory]
    [InlineData("no box", "no box")]
    [InlineData("\\boxed{1}", "1")]
    [InlineData("\\boxed { \\frac{1}{2} } .", "\\frac{1}{2}")]
    [InlineData("\\fbox{3}", "3")]
    [InlineData("\\boxed{\\boxed{3}}", "3")]
    [InlineData("\\boxed{3} \\boxed{7}", "3,7")]
    [InlineData("\\boxed{7} and \\boxed{7}", "7")]
    [InlineData("\\boxed{3}, which is one of them, and the other is then \\boxed{7}", "3,7")]
    [InlineData("\\boxed{3} is wrong. Once more from the start: \\boxed{7}", "7")]
    [InlineData("\\boxed{3}, but that was too fast, and after a much longer and more careful computation we get \\boxed{7}", "7")]
    [InlineData("\\boxed{3}: unclosed \\boxed{\\frac{1}{2}", "{\\frac{1}{2}")]
    [InlineData("\\boxed 3/4", "3/4")]
    [InlineData("\\boxed", "\\boxed")]
    public void The_last_box_counts_and_those_that_belong_to_it(string text, string content) => BoxedContent.Read(text, all: false).Should().Be(content);

    [Fact]
    public void All_boxes_may_count() => BoxedContent.Read("\\boxed{3} is one of them. Once more from the start: \\boxed{7}", all: true).Should().Be("3,7");
}
