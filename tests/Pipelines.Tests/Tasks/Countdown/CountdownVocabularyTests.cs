using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

public sealed class CountdownVocabularyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vocabulary-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Ids_are_positions_and_special_tokens_come_first()
    {
        var vocabulary = new CountdownVocabulary(largestNumber: 12);
        vocabulary.Tokens.Should().StartWith(["<pad>", "<eos>", "<unk>", "numbers"]).And.EndWith(["11", "12"]).And.OnlyHaveUniqueItems();
        vocabulary.Tokens[vocabulary.PadTokenId].Should().Be("<pad>");
        vocabulary.Tokens[vocabulary.EosTokenId].Should().Be("<eos>");
    }

    [Fact]
    public void The_tokenizer_is_a_word_level_model_as_the_tokenizers_library_reads_it()
    {
        var vocabulary = new CountdownVocabulary();
        Save(vocabulary);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "tokenizer.json")));
        JsonElement root = json.RootElement;
        root.GetProperty("pre_tokenizer").GetProperty("type").GetString().Should().Be("WhitespaceSplit");
        root.GetProperty("decoder").ValueKind.Should().Be(JsonValueKind.Null);
        JsonElement model = root.GetProperty("model");
        model.GetProperty("type").GetString().Should().Be("WordLevel");
        model.GetProperty("unk_token").GetString().Should().Be("<unk>");
        model.GetProperty("vocab").EnumerateObject().Select(entry => (entry.Name, entry.Value.GetInt32()))
            .Should().Equal(vocabulary.Tokens.Select((token, id) => (token, id)));
        root.GetProperty("added_tokens").EnumerateArray().Select(token => token.GetProperty("content").GetString()).Should().Equal("<pad>", "<eos>", "<unk>");
    }

    [Fact]
    public void The_configuration_names_the_special_tokens()
    {
        Save(new CountdownVocabulary());
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "tokenizer_config.json")));
        json.RootElement.GetProperty("eos_token").GetString().Should().Be("<eos>");
        json.RootElement.GetProperty("pad_token").GetString().Should().Be("<pad>");
        json.RootElement.GetProperty("model_max_length").GetInt32().Should().Be(160);
        json.RootElement.GetProperty("clean_up_tokenization_spaces").GetBoolean().Should().BeFalse();
    }

    [Fact]
    public void The_files_are_the_same_bytes_every_time()
    {
        Save(new CountdownVocabulary());
        string[] files = [.. Directory.GetFiles(_folder).Order()];
        byte[][] first = [.. files.Select(File.ReadAllBytes)];
        Save(new CountdownVocabulary());
        files.Select(Path.GetFileName).Should().Equal("tokenizer.json", "tokenizer_config.json");
        files.Select(File.ReadAllBytes).Should().BeEquivalentTo(first, options => options.WithStrictOrdering());
    }

    [Fact]
    public void The_tokenizer_takes_every_demonstration_apart_word_by_word_and_puts_it_together_again()
    {
        var vocabulary = new CountdownVocabulary();
        Tokenizer tokenizer = vocabulary.CreateTokenizer(maximumLength: 160);
        (tokenizer.PadTokenId, tokenizer.EosTokenId, tokenizer.UnknownTokenId).Should().Be((vocabulary.PadTokenId, vocabulary.EosTokenId, 2));
        foreach (CountdownDemonstration row in CountdownDemonstrations.Generate(100))
        {
            string text = $"{row.Prompt} {row.Response}";
            int[] ids = tokenizer.Encode(text);
            ids.Select(id => vocabulary.Tokens[id]).Should().Equal(text.Split(' '));
            tokenizer.Decode([.. ids, vocabulary.EosTokenId], skipSpecialTokens: true).Should().Be(text);
        }
    }

    [Fact]
    public void Sizes_out_of_range_are_refused()
    {
        Action small = () => _ = new CountdownVocabulary(largestNumber: 0);
        small.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("largestNumber");
        Action noLength = () => new CountdownVocabulary().CreateTokenizer(maximumLength: 0);
        noLength.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("maximumLength");
    }

    private void Save(CountdownVocabulary vocabulary)
    {
        using var target = new FolderTarget(_folder);
        vocabulary.SaveTokenizer(target, maximumLength: 160);
        target.Commit();
    }
}
