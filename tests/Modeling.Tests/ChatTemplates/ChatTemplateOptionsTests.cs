using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

public sealed class ChatTemplateOptionsTests
{
    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        ChatTemplateOptions options = new()
        {
            AddGenerationPrompt = true,
            ContinueFinalMessage = true,
            Tools = [JsonDocument.Parse("1").RootElement],
            Variables = new Dictionary<string, object?> { ["messages"] = 1, ["fine"] = 2 },
        };
        FluentActions.Invoking(() => ChatTemplate.Parse("").Render([new ChatMessage("user", "")], options)).Should().Throw<ArgumentException>()
            .WithMessage("*ContinueFinalMessage is True*Variables is 'messages'*Tools is not only JSON objects*");
    }
}
