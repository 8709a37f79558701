using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

public sealed class AnnotatedRowTests
{
    [Fact]
    public void A_line_of_annotate_becomes_a_trace()
    {
        ReportTrace trace = AnnotatedRow.Parse("""
            {"id": 7, "prompt": "p q", "response": "ab", "token_ids": [5, 6], "tokens": ["a", "b"], "waad": [1.5, 2], "fai": [0.25, null], "receiver_fai": null, "entropy": [0, 1], "log_probs": [-1, -2],
             "credit": [1.5, 1], "role": ["anchor", "None"], "layers": [1, 2], "local_heads": [[1, 0]], "global_heads": [[2, 3]], "mine": {"kept": "out"}}
            """, variant: "before");
        (trace.Title, trace.Variant, trace.Prompt).Should().Be(("7", "before", "p q"));
        trace.TokenIds.Should().Equal(5, 6);
        trace.Waad.Should().Equal(1.5f, 2);
        trace.Fai.Should().Equal(0.25f, float.NaN);
        trace.ReceiverFai.Should().BeNull();
        trace.Roles.Should().Equal(TokenRoles.Anchor, TokenRoles.None);
        trace.Groups!.Local.Should().Equal(new HeadIndex(1, 0));
        trace.Groups.Global.Should().Equal(new HeadIndex(2, 3));
        AnnotatedRow.Parse("""{"tokens": ["a"], "variant": "after", "prompt_tokens": ["x", "y"]}""", "before")
            .Should().BeEquivalentTo(new { Variant = "after", PromptTokens = new[] { "x", "y" } });
    }

    [Fact]
    public void A_sample_of_a_run_keeps_its_step_reward_advantage_and_end() =>
        AnnotatedRow.Parse(
            """{"step": 2, "prompt": "p", "response": "a", "reward": 1, "advantage": 0.5, "tokens": ["a"], "role": ["None"], "credit": [1], "finish_reason": "length"}""")
            .Outcome.Should().Be(new ReportOutcome { Step = 2, Reward = 1, Advantage = 0.5f, FinishReason = FinishReason.Length });

    [Theory]
    [InlineData("""{"tokens": ["a"], "prompt": "some words of text"}""", null)]
    [InlineData("""{"tokens": ["a"], "prompt": "some words of text", "prompt_ids": [4, 5, 6, 7]}""", 4)]
    [InlineData("""{"tokens": ["a"], "prompt_tokens": ["some"]}""", 1)]
    [InlineData("""{"tokens": ["a"]}""", null)]
    public void The_length_of_a_prompt_is_known_where_its_tokens_are(string json, int? length) => AnnotatedRow.Parse(json).PromptLength.Should().Be(length);

    [Theory]
    [InlineData("""[{"role": "system", "content": "s"}, {"role": "user", "content": "What?"}]""", "What?")]
    [InlineData("""[{"role": "user", "content": [{"type": "text", "text": "What "}, {"type": "image"}, {"type": "text", "text": "now?"}]}]""", "What now?")]
    [InlineData("""[{"role": "user"}]""", "")]
    [InlineData("[]", "")]
    [InlineData("\"mine\"", "")]
    public void Of_a_conversation_the_last_message_is_the_prompts_text(string messages, string text) =>
        AnnotatedRow.Parse($$"""{"tokens": ["a"], "messages": {{messages}}}""").Prompt.Should().Be(text);

    [Theory]
    [InlineData("""{"tokens": ["a"], "prompt": "p", "id": 1}""", """{"tokens": ["b"], "prompt": "p", "id": 2}""", true)]
    [InlineData("""{"tokens": ["a"], "id": 1, "messages": [{"content": "x"}]}""", """{"tokens": ["b"], "id": 2, "messages": [{"content": "x"}]}""", false)]
    [InlineData("""{"tokens": ["a"], "title": "t", "prompt_ids": [1]}""", """{"tokens": ["b"], "title": "t", "prompt_ids": [2]}""", true)]
    [InlineData("""{"tokens": ["a"], "messages": [{"content":"x"}]}""", """{"tokens": ["b"], "messages": [ {"content": "x"} ]}""", true)]
    [InlineData("""{"tokens": ["a"], "messages": [{"content": "x"}, {"content": "go on"}]}""", """{"tokens": ["b"], "messages": [{"content": "go on"}]}""", false)]
    [InlineData("""{"tokens": ["a"], "prompt_ids": [1, 2]}""", """{"tokens": ["b"], "prompt_ids": [1, 2]}""", true)]
    [InlineData("""{"tokens": ["a"], "prompt_ids": [1, 2]}""", """{"tokens": ["b"], "prompt_ids": [12]}""", false)]
    public void Rows_of_one_prompt_are_known_by_its_text_else_by_what_names_it_else_by_what_it_is(string first, string second, bool same) =>
        (AnnotatedRow.Parse(first).PromptKey == AnnotatedRow.Parse(second).PromptKey).Should().Be(same);

    [Fact]
    public void A_row_that_says_nothing_of_its_prompt_has_none() => AnnotatedRow.Parse("""{"tokens": ["a"]}""").PromptKey.Should().BeNull();

    [Theory]
    [InlineData("[1]", "*expected a JSON object*")]
    [InlineData("{", "The row is no JSON*")]
    [InlineData("{}", "The row has no 'tokens'*")]
    [InlineData("""{"tokens": "a"}""", "'tokens' is String, expected an array*")]
    [InlineData("""{"tokens": [1]}""", "'tokens' has 1 at 0*")]
    [InlineData("""{"tokens": ["a"], "waad": [1, 2]}""", "*waad is of 2 tokens, expected 1*")]
    [InlineData("""{"tokens": ["a"], "waad": ["x"]}""", "*\"x\" is neither a number nor null*")]
    [InlineData("""{"tokens": ["a"], "role": ["King"]}""", "*no role, expected one of None*")]
    [InlineData("""{"tokens": ["a"], "local_heads": [[1]]}""", "*pairs of layer and head*")]
    [InlineData("""{"tokens": ["a"], "token_ids": [1.5]}""", "*no whole number*")]
    [InlineData("""{"tokens": ["a"], "prompt": []}""", "'prompt' is Array*")]
    public void What_is_wrong_with_a_line_is_named(string json, string message) =>
        FluentActions.Invoking(() => AnnotatedRow.Parse(json)).Should().Throw<FormatException>().WithMessage(message);
}
