namespace MLNetAttn.Modeling.Tests;

/// <summary>A chat template belongs to the tokenizer, and comes and goes with it.</summary>
public sealed class TokenizerChatTemplateTests
{
    private static readonly ChatMessage[] Hello = [new ChatMessage("user", "hello")];

    [Fact]
    public void A_tokenizer_without_template_says_so()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(["<unk>", "a"]));
        tokenizer.HasChatTemplate.Should().BeFalse();
        FluentActions.Invoking(() => tokenizer.ChatTemplate).Should().Throw<InvalidOperationException>().WithMessage("*no chat template*chat_template.jinja*");
        using CausalLanguageModel model = TinyModel.Create();
        model.HasChatTemplate.Should().BeFalse();
        FluentActions.Invoking(() => model.ChatTemplate).Should().Throw<InvalidOperationException>().WithMessage("*no tokenizer.json*");
    }

    [Fact]
    public void A_template_that_is_not_known_keeps_no_tokenizer_from_loading()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(["<unk>", "a"]), """{"chat_template": "{{ x | sparkle }}"}""");
        tokenizer.HasChatTemplate.Should().BeTrue();
        FluentActions.Invoking(() => tokenizer.ChatTemplate.Render(Hello)).Should().Throw<NotSupportedException>().WithMessage("*'sparkle'*");
    }

    [Fact]
    public void A_model_saves_and_loads_its_template_and_its_fingerprint_has_it()
    {
        using TemporaryFolder first = new(), second = new();
        foreach (string file in Directory.GetFiles(Folder("bytelevel-qwen")))
            File.Copy(file, first.File(Path.GetFileName(file)));
        using CausalLanguageModel plain = CausalLanguageModel.Create(TinyModel.Config(), Tokenizer.FromPretrained(first.Path), seed: 1);
        File.WriteAllText(first.File("chat_template.jinja"), "{{ messages[0].content }}!");
        using CausalLanguageModel model = CausalLanguageModel.Create(TinyModel.Config(), Tokenizer.FromPretrained(first.Path), seed: 1);
        model.ChatTemplate.Render(Hello).Should().Be("hello!");
        model.Fingerprint.Should().NotBe(plain.Fingerprint);
        model.SavePretrained(second.Path);
        using CausalLanguageModel loaded = CausalLanguageModel.FromPretrained(second.Path), clone = loaded.Clone();
        loaded.HasChatTemplate.Should().BeTrue();
        loaded.ChatTemplate.Render(Hello).Should().Be("hello!");
        loaded.Fingerprint.Should().Be(model.Fingerprint);
        clone.ChatTemplate.Should().BeSameAs(loaded.ChatTemplate);
    }

    private static string Folder(string name) => Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", name);
}
