using System.Text;

namespace MLNetAttn.Modeling.Tests;

public sealed class TokenizerTests
{
    private static readonly string[] Words = ["<unk>", "<bos>", "try", "3", "*", "7"];

    [Fact]
    public void A_word_level_tokenizer_encodes_words_and_joins_them_with_spaces()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(Words));
        tokenizer.Encode("try 3  *\n7 8").Should().Equal(2, 3, 4, 5, 0);
        tokenizer.Decode([2, 3, 4, 5]).Should().Be("try 3 * 7");
        tokenizer.VocabularySize.Should().Be(Words.Length);
        tokenizer.UnknownTokenId.Should().Be(0);
    }

    [Fact]
    public void Whitespace_splits_words_from_signs()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(Words, ("pre_tokenizer", """{"type":"Whitespace"}""")));
        tokenizer.Encode("try 3*7").Should().Equal(2, 3, 4, 5);
        tokenizer.EncodeWithOffsets("try 3*7").Offsets.Should().Equal((0, 3), (4, 5), (5, 6), (6, 7));
    }

    [Fact]
    public void A_word_without_a_token_and_without_an_unknown_token_is_an_error_that_names_it()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(["a", "b"]));
        tokenizer.Encode("a b").Should().Equal(0, 1);
        tokenizer.Invoking(t => t.Encode("a zebra")).Should().Throw<ArgumentException>().WithMessage("*zebra*<unk>*");
    }

    [Fact]
    public void Special_tokens_in_untrusted_text_are_text()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(Words, ("added_tokens", $"[{TokenizerJson.AddedToken(1, "<bos>")}]")));
        tokenizer.Encode("<bos>try").Should().Equal(1, 2);
        tokenizer.Encode("<bos>try", allowSpecialTokens: false).Should().Equal(0);
        tokenizer.Decode([1, 2], skipSpecialTokens: true).Should().Be("try");
    }

    [Fact]
    public void A_template_puts_special_tokens_around_the_text_unless_told_not_to()
    {
        const string template = """
            {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"S","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"E","type_id":0}}],
            "special_tokens":{"S":{"id":"S","ids":[1],"tokens":["<bos>"]},"E":{"id":"E","ids":[0,0],"tokens":["<unk>","<unk>"]}}}
            """;
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(Words, ("post_processor", template)));
        TokenEncoding encoding = tokenizer.EncodeWithOffsets("  try");
        encoding.Ids.Should().Equal(1, 2, 0, 0);
        encoding.Tokens.Should().Equal("<bos>", "try", "<unk>", "<unk>");
        encoding.Offsets.Should().Equal((0, 0), (2, 5), (0, 0), (0, 0));
        tokenizer.Encode("try", addSpecialTokens: false).Should().Equal(2);
        tokenizer.Encode("").Should().Equal(1, 0, 0);
    }

    [Theory]
    [InlineData("""{"bos_token":"<bos>","eos_token":"7","pad_token":null}""")]
    [InlineData("""{"bos_token":{"__type":"AddedToken","content":"<bos>","lstrip":false},"eos_token":{"content":"7"}}""")]
    public void Special_tokens_are_named_by_a_text_or_an_object(string config)
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(Words), config);
        (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.PadTokenId, tokenizer.UnknownTokenId).Should().Be((1, 5, null, 0));
    }

    [Theory]
    [InlineData("""{"eos_token":"<nowhere>"}""", "*tokenizer_config.json*eos_token*<nowhere>*")]
    [InlineData("""{"eos_token":7}""", "*tokenizer_config.json*eos_token*7*")]
    [InlineData("""{"eos_token":""", "*tokenizer_config.json*JSON*")]
    public void A_special_token_that_is_none_is_refused(string config, string message) =>
        FluentActions.Invoking(() => TokenizerJson.Load(TokenizerJson.WordLevel(Words), config)).Should().Throw<InvalidDataException>().WithMessage(message);

    [Fact]
    public void Tokens_that_the_configuration_does_not_name_are_those_of_the_map()
    {
        Read(
            """{"bos_token":"<bos>","eos_token":null}""",
            """{"bos_token":"3","eos_token":"7","pad_token":{"content":"*"},"unk_token":"try"}""").Should().Be((1, null, 4, 2));
        Read(null, """{"eos_token":{"content":"7"}}""").Should().Be((null, 5, null, 0));
        FluentActions.Invoking(() => Read("{}", """{"eos_token":"<nowhere>"}"""))
            .Should().Throw<InvalidDataException>().WithMessage("*special_tokens_map.json: 'eos_token' is '<nowhere>'*");

        static (int?, int?, int?, int?) Read(string? config, string map)
        {
            MemoryCheckpoint files = new();
            files.Files["tokenizer.json"] = Encoding.UTF8.GetBytes(TokenizerJson.WordLevel(Words));
            if (config is not null) files.Files["tokenizer_config.json"] = Encoding.UTF8.GetBytes(config);
            files.Files["special_tokens_map.json"] = Encoding.UTF8.GetBytes(map);
            Tokenizer tokenizer = Tokenizer.FromPretrained(files);
            return (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.PadTokenId, tokenizer.UnknownTokenId);
        }
    }

    [Fact]
    public void A_padding_token_that_was_never_made_is_none()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(Words), """{"pad_token":"[PAD]","unk_token":"[UNK]"}""");
        (tokenizer.PadTokenId, tokenizer.UnknownTokenId).Should().Be((null, 0));
    }

    [Fact]
    public void A_token_that_is_only_named_unknown_is_none_that_is_written()
    {
        TokenizerJson.Load(TokenizerJson.WordLevel(["a", "b"]), """{"unk_token":"b"}""").LackingTokenId.Should().BeNull();
        TokenizerJson.Load(TokenizerJson.WordLevel(Words)).LackingTokenId.Should().Be(0);
    }

    [Fact]
    public void A_fingerprint_is_that_of_the_ids()
    {
        string json = TokenizerJson.WordLevel(Words);
        TokenizerJson.Load(json, """{"chat_template":"x"}""").Fingerprint.Should().Be(TokenizerJson.Load(json).Fingerprint);
        TokenizerJson.Load(json.Replace(":", ": ", StringComparison.Ordinal)).Fingerprint
            .Should().Be(TokenizerJson.Load(json).Fingerprint, "only its file is another");
        TokenizerJson.Load(TokenizerJson.WordLevel([.. Enumerable.Reverse(Words)])).Fingerprint.Should().NotBe(TokenizerJson.Load(json).Fingerprint);
        TokenizerJson.Load(TokenizerJson.WordLevel(["a", "b"])).Fingerprint.Should().NotBe(TokenizerJson.Load(json).Fingerprint);
    }

    [Fact]
    public void Ids_and_tokens_are_looked_up_both_ways()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.WordLevel(Words, ("added_tokens", $"[{TokenizerJson.AddedToken(9, "<late>")}]")));
        tokenizer.IdToToken(2).Should().Be("try");
        tokenizer.IdToToken(9).Should().Be("<late>");
        tokenizer.TokenToId("<late>").Should().Be(9);
        tokenizer.TokenToId("7").Should().Be(5);
        tokenizer.TokenToId("8").Should().BeNull();
        tokenizer.VocabularySize.Should().Be(7);
        tokenizer.Invoking(t => t.IdToToken(8)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*no token with this id*");
        tokenizer.Decode([2, 8, -1, 9, int.MaxValue]).Should().Be("try <late>");
    }

    [Fact]
    public void Half_a_surrogate_pair_counts_as_the_replacement_character()
    {
        Tokenizer words = TokenizerJson.Load(TokenizerJson.WordLevel(
            ["<unk>", "\uFFFD", "a"],
            ("pre_tokenizer", """{"type":"Split","pattern":{"String":"a"},"behavior":"Isolated"}""")));
        TokenEncoding encoding = words.EncodeWithOffsets("\uD800a\uDC00a😀");
        encoding.Ids.Should().Equal(1, 2, 1, 2, 0);
        encoding.Offsets.Should().Equal((0, 1), (1, 2), (2, 3), (3, 4), (4, 6));
    }

    [Fact]
    public void Many_threads_get_the_ids_that_one_gets()
    {
        string folder = Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", "bytelevel-qwen");
        Random random = new(5);
        string[] texts = [.. Enumerable.Range(0, 50).Select(_ => string.Concat(Enumerable.Range(0, 200).Select(_ => (char)random.Next(' ', 0x180))))];
        Tokenizer alone = Tokenizer.FromPretrained(folder);
        int[][] expected = [.. texts.Select(text => alone.Encode(text))];
        Tokenizer shared = Tokenizer.FromPretrained(folder);
        int[][] found = new int[20 * texts.Length][];
        Parallel.For(0, found.Length, index => found[index] = shared.Encode(texts[index % texts.Length]));
        found.Where((ids, index) => !ids.SequenceEqual(expected[index % texts.Length])).Should().BeEmpty();
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_an_error_that_names_the_file()
    {
        using TemporaryFolder folder = new();
        FluentActions.Invoking(() => Tokenizer.FromPretrained(folder.Path)).Should().Throw<FileNotFoundException>().WithMessage("*tokenizer.json*");
        FluentActions.Invoking(() => Tokenizer.FromPretrained(folder.File("absent"))).Should().Throw<DirectoryNotFoundException>();
    }
}
