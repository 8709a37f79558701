using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class StreamingDecoderTests
{
    private static readonly string Fixtures = Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures");

    [Theory]
    [InlineData("bytelevel-qwen")]
    [InlineData("bytelevel-llama3")]
    public void The_pieces_of_any_ids_joined_are_their_text(string name)
    {
        Tokenizer tokenizer = Tokenizer.FromPretrained(Path.Combine(Fixtures, name));
        Gen.Int[0, tokenizer.VocabularySize + 3].Array[0, 30].Sample(ids => Streamed(tokenizer, ids, skip: false) == tokenizer.Decode(ids), iter: 500);
        Gen.Int[0, tokenizer.VocabularySize + 3].Array[0, 30]
            .Sample(ids => Streamed(tokenizer, ids, skip: true) == tokenizer.Decode(ids, skipSpecialTokens: true), iter: 500);
    }

    [Theory]
    [InlineData("bytelevel-qwen")]
    [InlineData("sentencepiece-bpe")]
    public void The_pieces_of_a_text_joined_are_its_decoding_and_none_ends_in_half_a_character(string name)
    {
        Tokenizer tokenizer = Tokenizer.FromPretrained(Path.Combine(Fixtures, name));
        Gen.Char["ab c\n你好é😀\uDE00".ToCharArray().Where(unit => !char.IsSurrogate(unit)).Aggregate("", (text, unit) => text + unit)].Array[0, 20]
            .Select(units => new string(units).Replace("好", "😀", StringComparison.Ordinal))
            .Sample(text =>
            {
                int[] ids = tokenizer.Encode(text);
                StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
                string[] pieces = [.. ids.Select(decoder.Append), decoder.Flush()];
                return string.Concat(pieces) == tokenizer.Decode(ids) && !pieces.Any(piece => piece.Contains('\uFFFD', StringComparison.Ordinal));
            }, iter: 300);
    }

    [Fact]
    public void Words_come_with_the_space_between_them()
    {
        StreamingDecoder decoder = TokenizerJson.Load(TokenizerJson.WordLevel(["try", "3"])).CreateStreamingDecoder();
        new[] { decoder.Append(0), decoder.Append(1), decoder.Append(99), decoder.Append(1), decoder.Flush() }.Should().Equal("try", " 3", "", " 3", "");
        decoder.Append(1).Should().Be("3");
    }

    [Fact]
    public void A_byte_that_makes_given_out_text_ill_formed_is_decoded_alone()
    {
        Tokenizer tokenizer = Tokenizer.FromPretrained(Path.Combine(Fixtures, "sentencepiece-bpe"));
        int Byte(int value) => tokenizer.TokenToId($"<0x{value:X2}>")!.Value;
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        string.Concat(decoder.Append(Byte(0xC3)), decoder.Append(Byte(0xA9))).Should().Be("é");
        string.Concat(decoder.Append(Byte(0xFF)), decoder.Append(tokenizer.TokenToId("a")!.Value), decoder.Flush()).Should().Be("\uFFFDa");
    }

    private static string Streamed(Tokenizer tokenizer, int[] ids, bool skip)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder(skip);
        return string.Concat([.. ids.Select(decoder.Append), decoder.Flush()]);
    }
}
