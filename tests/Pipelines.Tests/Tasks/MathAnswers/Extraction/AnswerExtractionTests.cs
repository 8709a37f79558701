namespace MLNetAttn.Pipelines;

public sealed class AnswerExtractionTests
{
    [Theory]
    [InlineData("\\boxed{8}. The final answer is $7$. I hope it is correct.", "7/1")]
    [InlineData("\\boxed{8}. The final answer is $7$.", "8/1")]
    [InlineData("Answer: 7\n#### 8", "8/1")]
    [InlineData("#### 1. Add\nThe answer is 7.", "7/1")]
    [InlineData("The final answer to the question is 7, not 8", "7/1")]
    [InlineData("43. Answer: 42", "42/1")]
    [InlineData("Answer: 43. 42", "43/1")]
    [InlineData("the answer = 3 + 4 = 7", "7/1")]
    [InlineData("8 $7$", "7/1")]
    [InlineData("$7$ 8", "8/1")]
    [InlineData("\\boxed{?} but $7$", "7/1")]
    [InlineData("no number", null)]
    [InlineData("", null)]
    public void The_plainest_answer_counts_and_among_equals_the_last(string text, string? key) => AnswerExtraction.Find(text).Value?.Key.Should().Be(key);

    [Fact]
    public void The_text_of_the_first_candidate_is_kept() =>
        AnswerExtraction.Find("\\boxed{x ? y} but $7$").Should().Match<ExtractedAnswer>(answer => answer.Text == "x ? y" && answer.Value!.Key == "7/1");

    [Fact]
    public void The_end_of_a_long_text_is_read() => AnswerExtraction.Find(new string('x', 100_000) + " \\boxed{5}").Value!.Key.Should().Be("5/1");
}
