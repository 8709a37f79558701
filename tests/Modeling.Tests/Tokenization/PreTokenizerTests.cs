namespace MLNetAttn.Modeling.Tests;

/// <summary>Pre-tokenizers that change the text: what they put in stands for the character after it.</summary>
public sealed class PreTokenizerTests
{
    [Theory]
    [InlineData("always", "_a|_b", "a")]
    [InlineData("first", "_a|_b", "a")]
    [InlineData("never", "a|_b", "a")]
    public void Metaspace_marks_spaces_and_beginnings(string scheme, string expected, string firstText)
    {
        Tokenizer tokenizer = Load($$"""{"type":"Metaspace","replacement":"_","prepend_scheme":"{{scheme}}","split":true}""");
        TokenEncoding encoding = tokenizer.EncodeWithOffsets("a b");
        encoding.Tokens.Should().Equal(expected.Split('|'));
        "a b"[encoding.Offsets[0].Start..encoding.Offsets[0].End].Should().Be(firstText);
        encoding.Offsets[1].Should().Be((1, 3));
    }

    [Fact]
    public void Metaspace_with_first_marks_the_beginning_of_the_text_alone()
    {
        Tokenizer tokenizer = Load("""{"type":"Metaspace","replacement":"_","prepend_scheme":"first","split":false}""");
        tokenizer.EncodeWithOffsets("a<s>a").Tokens.Should().Equal("_a", "<s>", "a");
        tokenizer.EncodeWithOffsets("<s>a").Tokens.Should().Equal("<s>", "a");
        Load("""{"type":"Metaspace","replacement":"_","add_prefix_space":true}""").EncodeWithOffsets("a<s>a").Tokens.Should().Equal("_a", "<s>", "_a");
        Load("""{"type":"Metaspace","replacement":"_","add_prefix_space":false}""").EncodeWithOffsets("a").Tokens.Should().Equal("a");
    }

    [Fact]
    public void ByteLevel_begins_with_a_space_where_it_says_so()
    {
        string[] tokens = ["a", "Ġ", "Ġa"];
        const string postProcessor = """{"type":"ByteLevel","trim_offsets":true,"add_prefix_space":true}""";
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.Bpe(tokens, ["Ġ a"],
            ("pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":true}"""), ("post_processor", postProcessor), ("decoder", """{"type":"ByteLevel"}""")));
        TokenEncoding encoding = tokenizer.EncodeWithOffsets("a a");
        encoding.Tokens.Should().Equal("Ġa", "Ġa");
        encoding.Offsets.Should().Equal((0, 1), (2, 3));
        tokenizer.Encode(" a").Should().Equal(2);
        tokenizer.Decode([2, 2]).Should().Be(" a a");
    }

    private static Tokenizer Load(string preTokenizer) => TokenizerJson.Load(
        TokenizerJson.Bpe(
            ["a", "b", "_", "_a", "_b", "<s>"], ["_ a", "_ b"],
            ("pre_tokenizer", preTokenizer),
            ("added_tokens", $"[{TokenizerJson.AddedToken(5, "<s>")}]")));
}
