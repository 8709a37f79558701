using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators.Tests;

public sealed class AnswerSpanTests : IDisposable
{
    private readonly CausalLanguageModel _model = TinyModels.Create();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("7 (.+)$", 2, 5)]
    [InlineData("7", 3, 4)]
    [InlineData("5 7", 0, 2)]
    [InlineData("12", 2, 3)]
    [InlineData("99 (.+)|12 (.)", 3, 4)]
    [InlineData("2 7 1", 2, 5)]
    public void The_last_match_is_the_answer_and_its_group_where_it_has_one(string pattern, int first, int end)
    {
        int[] response = pattern == "7 (.+)$" ? [5, 7, 12, 3, 1] : [5, 7, 12, 7, 1];
        Range expected = first..end;
        new AnswerSpan(_model, pattern).Find(response).Should().Be(expected);
    }

    [Theory]
    [InlineData("99")]
    [InlineData("7()")]
    public void No_match_or_an_empty_one_is_no_answer(string pattern) => new AnswerSpan(_model, pattern).Find([5, 7, 12]).Should().BeNull();

    [Fact]
    public void A_pattern_that_backtracks_without_end_finds_no_answer_and_that_is_told_once()
    {
        int[] response = [.. Enumerable.Repeat(11, 60)];
        var warnings = new List<string>();
        var answer = new AnswerSpan(_model, @"^(?=\d)(\d+ ?)+x", warnings.Add);
        answer.Find(response).Should().BeNull();
        answer.Find(response).Should().BeNull();
        warnings.Should().ContainSingle().Which.Should().Contain("FlowAnswer").And.Contain("more than 1 s");
        new AnswerSpan(_model, @"^(\d+ ?)+x", warning => throw new InvalidOperationException(warning)).Find(response).Should().BeNull("it needs no backtracking");
    }

    [Fact]
    public void Text_is_found_in_the_tokens_that_hold_it()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        int[] ids = model.Tokenizer.Encode("1 + 1 = 2");
        Range? found = new AnswerSpan(model, "= (.*)").Find(ids);
        found.Should().NotBeNull();
        model.Tokenizer.Decode(ids[found!.Value]).Trim().Should().Be("2");
    }

    [Theory]
    [InlineData("= (.*)")]
    [InlineData(@"(\d+)\s*\z")]
    public void The_token_that_ends_a_response_is_no_part_of_its_answer(string pattern)
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        int[] ids = model.Tokenizer.Encode("1 + 1 = 2");
        var answer = new AnswerSpan(model, pattern);
        answer.Find(ids).Should().NotBeNull();
        answer.Find([.. ids, 0]).Should().Be(answer.Find(ids));
    }

    [Fact]
    public void What_is_no_pattern_is_told_apart()
    {
        AnswerSpan.IsPattern("(").Should().BeFalse();
        AnswerSpan.IsPattern("(.*)").Should().BeTrue();
    }
}
