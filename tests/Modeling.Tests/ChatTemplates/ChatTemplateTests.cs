using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

public sealed class ChatTemplateTests
{
    private const string Plain =
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

    private static readonly Dictionary<string, string> Tokens = new() { ["eos_token"] = "</s>" };

    [Fact]
    public void A_conversation_is_written_with_its_tokens_and_the_beginning_of_an_answer()
    {
        ChatTemplate template = ChatTemplate.Parse(Plain, Tokens);
        template.Render([new ChatMessage("system", "s"), new ChatMessage("user", "u"), new ChatMessage("assistant", "a"), new ChatMessage("tool", "t")])
            .Should().Be("<system>s</s><user>u</s><assistant>a</s><tool>t</s>");
        template.Render([new ChatMessage("user", "u")], addGenerationPrompt: true).Should().Be("<user>u</s><assistant>");
    }

    [Fact]
    public void Variables_of_all_types_reach_the_template_and_go_before_special_tokens()
    {
        Dictionary<string, object?> variables = new()
        {
            ["eos_token"] = "!",
            ["enable_thinking"] = false,
            ["numbers"] = new List<int> { 1, 2 },
            ["json"] = JsonDocument.Parse("{\"a\": [1.5, null]}").RootElement,
        };
        ChatTemplate
            .Parse("{{ eos_token }}{{ enable_thinking is false }}{{ numbers | sum }}{{ json | tojson }}{{ documents is none }}{{ tools is none }}", Tokens)
            .Render([new ChatMessage("user", "")], variables: variables)
            .Should().Be("!True3{\"a\": [1.5, null]}TrueTrue");
    }

    [Fact]
    public void Messages_carry_further_fields_and_JSON_messages_every_one_in_its_order()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ messages | tojson }}");
        ChatMessage call = new("assistant", null)
        {
            Fields = new Dictionary<string, object?>
            {
                ["tool_calls"] = new[] { new Dictionary<string, object?> { ["name"] = "f", ["id"] = 7L } },
            },
        };
        template.Render([call]).Should().Be("[{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"name\": \"f\", \"id\": 7}]}]");
        const string Json = "[{\"content\": [{\"type\": \"text\", \"text\": \"é\"}], \"role\": \"user\", \"n\": 12345678901234567890}]";
        template.Render(JsonDocument.Parse(Json).RootElement).Should().Be(Json);
    }

    [Fact]
    public void The_clock_can_be_given() =>
        ChatTemplate.Parse("{{ strftime_now('%d %b %Y') }}")
            .Render([new ChatMessage("user", "")], new ChatTemplateOptions { Clock = FixedClock.Instance })
            .Should().Be("03 Nov 2026");

    [Fact]
    public void No_message_is_an_error()
    {
        ChatTemplate template = ChatTemplate.Parse(Plain);
        FluentActions.Invoking(() => template.Render([])).Should().Throw<ArgumentException>().WithMessage("*no message*");
        FluentActions.Invoking(() => template.Render(JsonDocument.Parse("[]").RootElement)).Should().Throw<ArgumentException>().WithMessage("*no message*");
        FluentActions.Invoking(() => template.Render(JsonDocument.Parse("{}").RootElement))
            .Should().Throw<ArgumentException>().WithMessage("*messages is JSON of the kind Object*");
        FluentActions.Invoking(() => template.Render(JsonDocument.Parse("[1]").RootElement))
            .Should().Throw<ArgumentException>().WithMessage("*not only JSON objects*");
    }

    [Fact]
    public void A_template_that_is_malformed_or_not_known_is_refused_at_once()
    {
        FluentActions.Invoking(() => ChatTemplate.Parse("a\n{% if %}"))
            .Should().Throw<InvalidDataException>().WithMessage("the chat template, line 2, column 7: *");
        FluentActions.Invoking(() => ChatTemplate.Parse("{{ x | sparkle }}")).Should().Throw<NotSupportedException>().WithMessage("*'sparkle'*");
        FluentActions.Invoking(() => ChatTemplate.Parse("{{ raise_exception('Roles!') }}").Render([new ChatMessage("user", "")]))
            .Should().Throw<ArgumentException>().WithMessage("*Roles!*");
    }

    [Fact]
    public void Threads_share_a_template()
    {
        ChatTemplate template = ChatTemplate.Parse("{% set ns = namespace(n=0) %}{% for i in range(k) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}");
        string[] rendered = [.. Enumerable.Range(0, 64)
            .AsParallel()
            .AsOrdered()
            .Select(k => template.Render([new ChatMessage("user", "")], variables: new Dictionary<string, object?> { ["k"] = k }))];
        rendered.Should().Equal(Enumerable.Range(0, 64).Select(k => $"{k * (k - 1) / 2}"));
    }

    [Fact]
    public void Texts_that_are_no_valid_Unicode_are_kept_or_refused_but_crash_nothing()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ messages[0].content | upper | trim }}{{ messages[0].content | length }}{{ messages | tojson }}");
        template.Render([new ChatMessage("user", "a\uD800b\uDC00")]).Should().StartWith("A\uD800B\uDC004[");
        FluentActions.Invoking(() => template.Render(JsonDocument.Parse("[{\"role\": \"user\", \"content\": \"\\ud800\"}]").RootElement))
            .Should().Throw<ArgumentException>().WithMessage("*messages*no valid Unicode*");
    }
}
