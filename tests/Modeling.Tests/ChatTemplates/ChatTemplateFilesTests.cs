using System.Text;
using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

public sealed class ChatTemplateFilesTests
{
    private static readonly ChatMessage[] Hello = [new ChatMessage("user", "hello")];

    [Fact]
    public void The_template_of_the_configuration_finds_its_tokens_in_either_form() =>
        Load(
            """{"chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token is defined }}", "bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null}""")
            .Render(Hello).Should().Be("<s>hello</s>False");

    [Fact]
    public void The_file_replaces_what_the_configuration_has() =>
        Load(
            """{"chat_template": [{"name": "tool_use", "template": "b"}, {"name": "default", "template": "c"}], "bos_token": "<s>"}""",
            "{{ bos_token }}file\n")
            .Render(Hello, new ChatTemplateOptions { Tools = [] }).Should().Be("<s>file");

    [Fact]
    public void Tokens_that_the_configuration_does_not_name_are_those_of_the_map()
    {
        MemoryCheckpoint files = new();
        files.Files["tokenizer_config.json"] =
            """{"chat_template": "{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}", "bos_token": "<s>"}"""u8.ToArray();
        files.Files["special_tokens_map.json"] = """{"bos_token": "<other>", "eos_token": {"content": "</s>"}}"""u8.ToArray();
        ChatTemplate.FromPretrained(files).Render(Hello).Should().Be("<s></s>False");
    }

    [Fact]
    public void Of_several_templates_tools_have_one_of_their_own()
    {
        ChatTemplate template = Load(
            """{"chat_template": [{"name": "default", "template": "plain"}, {"name": "rag", "template": "{% broken"}, {"name": "tool_use", "template": "{{ tools | length }} tools"}]}""");
        template.Render(Hello).Should().Be("plain");
        template.Render(Hello, new ChatTemplateOptions { Tools = [JsonDocument.Parse("{}").RootElement] }).Should().Be("1 tools");
    }

    [Fact]
    public void What_is_missing_or_malformed_is_named()
    {
        FluentActions.Invoking(() => Load("""{"bos_token": "<s>"}"""))
            .Should().Throw<FileNotFoundException>().WithMessage("*chat_template.jinja*tokenizer_config.json*");
        FluentActions.Invoking(() => Load("""{"chat_template": 5}"""))
            .Should().Throw<InvalidDataException>().WithMessage("*tokenizer_config.json: 'chat_template' is 5*");
        FluentActions.Invoking(() => Load("""{"chat_template": [{"name": "default"}]}""")).Should().Throw<InvalidDataException>().WithMessage("*'template'*");
        FluentActions.Invoking(() => Load("{}", "\u00FF", Encoding.Latin1))
            .Should().Throw<InvalidDataException>().WithMessage("*chat_template.jinja: the file is no valid UTF-8*");
        FluentActions.Invoking(() => Load("""{"chat_template": [{"name": "rag", "template": "x"}]}""").Render(Hello))
            .Should().Throw<InvalidDataException>().WithMessage("*'rag'*none named 'default'*");
        FluentActions.Invoking(() => Load("""{"chat_template": "a\n{{ b | c }}"}""").Render(Hello))
            .Should().Throw<NotSupportedException>().WithMessage("*tokenizer_config.json, chat_template, line 2, column 8: the filter 'c'*");
    }

    private static ChatTemplate Load(string config, string? template = null, Encoding? encoding = null)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("tokenizer_config.json"), config);
        if (template is not null)
            File.WriteAllText(folder.File("chat_template.jinja"), template, encoding ?? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return ChatTemplate.FromPretrained(folder.Path);
    }
}
