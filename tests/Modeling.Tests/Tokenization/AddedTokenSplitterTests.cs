namespace MLNetAttn.Modeling.Tests;

public sealed class AddedTokenSplitterTests
{
    [Fact]
    public void The_leftmost_token_counts_and_of_those_the_longest() =>
        Split("xabcabd", allowSpecial: true, Token(1, "ab"), Token(2, "abc"), Token(3, "bc")).Should().Equal("x", "2:abc", "1:ab", "d");

    [Fact]
    public void Special_tokens_that_are_not_allowed_are_passed_over_whole() =>
        Split("<|a|>b", allowSpecial: false, Token(1, "<|a|>") with { Special = true }, Token(2, "a")).Should().Equal("<|a|>b");

    [Fact]
    public void Tokens_that_are_not_special_are_found_in_untrusted_text_too() =>
        Split("<think>", allowSpecial: false, Token(1, "<think>")).Should().Equal("1:<think>");

    [Fact]
    public void White_space_is_taken_along_where_the_token_says_so()
    {
        Split("a \u3000<m> b", allowSpecial: true, Token(1, "<m>") with { StripLeft = true }).Should().Equal("a", "1: \u3000<m>", " b");
        Split("a <m> \n b", allowSpecial: true, Token(1, "<m>") with { StripRight = true }).Should().Equal("a ", "1:<m> \n ", "b");
        Split("<r> <l>", allowSpecial: true, Token(1, "<r>") with { StripRight = true }, Token(2, "<l>") with { StripLeft = true })
            .Should().Equal("1:<r> ", "2:<l>");
    }

    [Fact]
    public void A_single_word_counts_only_between_words()
    {
        AddedToken token = Token(1, "cat") with { SingleWord = true };
        Split("cat, cats concat cat", allowSpecial: true, token).Should().Equal("1:cat", ", cats concat ", "1:cat");
        Split("écat cat\u0301 𝒜cat", allowSpecial: true, token).Should().Equal("écat cat\u0301 𝒜cat");
    }

    [Fact]
    public void Normalized_tokens_are_found_in_normalized_text()
    {
        string nfc = "é";
        string nfd = "e\u0301";
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.Bpe(
            ["a", nfc],
            [],
            ("normalizer", """{"type":"NFC"}"""),
            ("added_tokens",
                $"[{TokenizerJson.AddedToken(2, "<" + nfc + ">", special: false, normalized: true)},{TokenizerJson.AddedToken(3, "[" + nfd + "]")}]")));
        tokenizer.Encode($"a<{nfd}>a[{nfd}]").Should().Equal(0, 2, 0, 3);
        tokenizer.EncodeWithOffsets($"a<{nfd}>").Offsets.Should().Equal((0, 1), (1, 5));
        tokenizer.Encode($"[{nfc}]").Should().Equal(1);
        tokenizer.Decode([2, 3]).Should().Be($"<{nfc}>[{nfd}]");
    }

    [Fact]
    public void Without_tokens_the_text_is_one_part() => Split("abc", allowSpecial: true).Should().Equal("abc");

    private static AddedToken Token(int id, string content) => new(id, content);

    private static IEnumerable<string> Split(string text, bool allowSpecial, params AddedToken[] tokens)
    {
        List<AddedTokenPart> parts = [];
        new AddedTokenSplitter(tokens).Split(new TextPiece(new AlignedText(text)), allowSpecial, parts);
        return parts.Select(part => part.Token is null ? part.Piece.Span.ToString() : $"{part.Token.Id}:{part.Piece.Span}");
    }
}
