using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

public sealed class FinalMessageTests
{
    private static readonly ChatTemplateOptions Options = new() { ContinueFinalMessage = true };

    [Theory]
    [InlineData("{% for m in messages %}<{{ m.content }}>{% endfor %}", "<a>< 7 is ")]
    [InlineData("{% for m in messages %}<{{ m.content | trim }}>{% endfor %}", "<a><7 is")]
    [InlineData("{% for m in messages %}<{{ m['content'] }} >\n{% endfor %}end", "<a >\n< 7 is ")]
    public void The_text_ends_right_after_the_content(string template, string expected) =>
        ChatTemplate.Parse(template).Render([new ChatMessage("user", "a"), new ChatMessage("assistant", " 7 is ")], Options).Should().Be(expected);

    [Fact]
    public void The_last_text_of_several_parts_is_continued() => ChatTemplate
        .Parse("{% for m in messages %}{% for p in m.content %}[{{ p.text }}]{% endfor %}{% endfor %}")
        .Render(
            JsonDocument.Parse("[{\"role\": \"assistant\", \"content\": [{\"text\": \"a\"}, {\"text\": \"b\"}, {\"type\": \"image\"}]}]").RootElement, Options)
        .Should().Be("[a][b");

    [Theory]
    [InlineData("{% for m in messages %}{{ m.content | upper }}{% endfor %}")]
    [InlineData("{% for m in messages %}{{ m.content.split('think')[-1] }}{% endfor %}")]
    [InlineData("{% for m in messages[:-1] %}{{ m.content }}{% endfor %}")]
    [InlineData("{{ messages[0].role }}")]
    public void A_template_that_changes_or_drops_the_content_is_an_error(string template) =>
        FluentActions.Invoking(() => ChatTemplate.Parse(template).Render([new ChatMessage("user", "x"), new ChatMessage("assistant", "think this")], Options))
            .Should().Throw<ArgumentException>().WithMessage("The last message is to be continued*");

    [Theory]
    [InlineData("[{\"role\": \"assistant\"}]")]
    [InlineData("[{\"role\": \"assistant\", \"content\": null}]")]
    [InlineData("[{\"role\": \"assistant\", \"content\": [{\"type\": \"image\"}]}]")]
    [InlineData("[{\"role\": \"assistant\", \"content\": [{\"text\": 1}]}]")]
    public void A_message_without_text_cannot_be_continued(string messages) =>
        FluentActions.Invoking(() => ChatTemplate.Parse("{{ messages[0].content }}").Render(JsonDocument.Parse(messages).RootElement, Options))
            .Should().Throw<ArgumentException>().WithMessage("*no content that is text*");
}
