using System.Collections.Concurrent;
using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Prompts and their ids equal those of transformers, for every golden case.</summary>
public sealed class ChatTemplateGoldenTests
{
    private static readonly ConcurrentDictionary<string, Tokenizer> Tokenizers = new(StringComparer.Ordinal);

    public static IEnumerable<TheoryDataRow<string, int>> Cases()
    {
        string? path = Golden.Root is null ? null : Path.Combine(Golden.Root, "chat-templates", "cases.json");
        if (!File.Exists(path))
            return [new TheoryDataRow<string, int>(Golden.Absent, 0)];
        return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.EnumerateArray()
            .Select((golden, index) => new TheoryDataRow<string, int>(
                $"{golden.GetProperty("template").GetString()} {golden.GetProperty("name").GetString()}", index));
    }

    public static IEnumerable<TheoryDataRow<string>> Folders => Golden.Folders("tokenizers", "tokenizer_config.json");

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_prompt_and_its_ids_are_the_reference(string name, int index)
    {
        JsonElement golden = Golden.Json("chat-templates", "cases.json")[index];
        string template = golden.GetProperty("template").GetString()!;
        Tokenizer tokenizer = Tokenizers.GetOrAdd(template, template => Tokenizer.FromPretrained(Golden.RequireTokenizer(template)));
        ChatTemplateOptions options = new()
        {
            AddGenerationPrompt = golden.GetProperty("add_generation_prompt").GetBoolean(),
            ContinueFinalMessage = golden.TryGetProperty("continue_final_message", out JsonElement isContinued) && isContinued.GetBoolean(),
            Tools = golden.TryGetProperty("tools", out JsonElement tools) ? [.. tools.EnumerateArray()] : null,
            Variables = golden.EnumerateObject().Where(field => !IsOfTheCase(field.Name)).ToDictionary(field => field.Name, field => (object?)field.Value),
        };
        JsonElement messages = golden.GetProperty("messages");
        if (golden.TryGetProperty("error", out JsonElement error))
        {
            FluentActions.Invoking(() => tokenizer.ChatTemplate.Render(messages, options)).Should().Throw<Exception>($"transformers raises {error} for {name}");
            return;
        }
        string rendered = tokenizer.ChatTemplate.Render(messages, options);
        rendered.Should().Be(golden.GetProperty("rendered").GetString(), name);
        tokenizer.Encode(rendered, addSpecialTokens: false).Should().Equal(golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), name);
        if (messages.EnumerateArray().All(IsPlain))
            tokenizer.ChatTemplate.Render([.. messages.EnumerateArray().Select(Plain)], options)
                .Should().Be(rendered, "messages are the same as objects and as JSON");
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void The_template_of_a_folder_writes_contents_and_special_tokens(string name)
    {
        Tokenizer tokenizer = Tokenizer.FromPretrained(Golden.Require("tokenizers", name));
        Assert.SkipUnless(tokenizer.HasChatTemplate, $"The tokenizer {name} has no chat template.");
        ChatMessage[] messages = [new("user", "nine apples"), new("assistant", "fine")];
        string prompt = tokenizer.ChatTemplate.Render(messages, addGenerationPrompt: true);
        prompt.Should().ContainAll("nine apples", "fine");
        int[] ids = tokenizer.Encode(prompt, addSpecialTokens: false);
        tokenizer.Decode(ids, skipSpecialTokens: true).Length.Should().BeLessThan(tokenizer.Decode(ids).Length, "the template writes special tokens");
    }

    private static bool IsOfTheCase(string field) =>
        field is "template" or "name" or "messages" or "tools" or "add_generation_prompt" or "continue_final_message" or "rendered" or "ids" or "error";

    private static bool IsPlain(JsonElement message) => message.GetProperty("content").ValueKind == JsonValueKind.String;

    private static ChatMessage Plain(JsonElement message) => new(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString())
    {
        Fields = message.EnumerateObject()
            .Where(field => field.Name is not ("role" or "content"))
            .ToDictionary(field => field.Name, field => (object?)field.Value),
    };
}
