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
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        string.Concat(decoder.Append(Byte(tokenizer, 0xC3)), decoder.Append(Byte(tokenizer, 0xA9))).Should().Be("é");
        string.Concat(decoder.Append(Byte(tokenizer, 0xFF)), decoder.Append(tokenizer.TokenToId("a")!.Value), decoder.Flush()).Should().Be("\uFFFDa");
    }

    /// <summary>Bytes that are no UTF-8 go on for longer than the decoder looks back.</summary>
    [Theory]
    [InlineData("bytelevel-qwen")]
    [InlineData("sentencepiece-bpe")]
    public void The_pieces_of_any_bytes_joined_are_their_text(string name)
    {
        Tokenizer tokenizer = Tokenizer.FromPretrained(Path.Combine(Fixtures, name));
        byte[][] whole = ["a"u8.ToArray(), "é"u8.ToArray(), "你"u8.ToArray(), "😀"u8.ToArray(), "\uFFFD"u8.ToArray()];
        byte[][] any = [.. whole, [0xFF], [0xE4], [0xE4, 0xBD], [0xF0, 0x9F, 0x98]];
        int word = tokenizer.Encode("b", addSpecialTokens: false)[^1];
        // A run of byte-fallback tokens is text if all of it is. One that begins wrongly is none, so that nothing of it is given out that would change.
        Gen<byte[][]> run = Gen.OneOf(
            Gen.Int[0, whole.Length - 1].Array[0, 12].Select(parts => parts.Select(part => whole[part]).ToArray()),
            Gen.Int[0, any.Length - 1].Array[0, 12].Select(parts => parts.Select(part => any[part]).Prepend([0xFF]).ToArray()));
        run.Array[0, 4].Sample(runs =>
        {
            int[] ids = [.. runs.SelectMany(parts => parts.SelectMany(part => part.Select(value => Byte(tokenizer, value))).Append(word))];
            return Streamed(tokenizer, ids, skip: false) == tokenizer.Decode(ids);
        }, iter: 2000);
    }

    [Theory]
    [InlineData("bytelevel-qwen", false)]
    [InlineData("sentencepiece-bpe", false)]
    [InlineData("bytelevel-qwen", true)]
    public void A_token_costs_the_same_however_long_nothing_was_given_out(string name, bool special)
    {
        Tokenizer tokenizer = Tokenizer.FromPretrained(Path.Combine(Fixtures, name));
        int id = special ? tokenizer.TokenToId("<|im_end|>")!.Value : Byte(tokenizer, 0xFF);
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
        Allocated(100);
        long first = Allocated(500);
        for (int i = 0; i < 7; i++) Allocated(500);
        // What the list of tokens grows by is besides.
        Allocated(500).Should().BeLessThan(2 * first + 100_000);
        decoder.Flush().Should().Be(special ? "" : new string('\uFFFD', 100 + 9 * 500));

        long Allocated(int tokens)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < tokens; i++) decoder.Append(id).Should().BeEmpty();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static int Byte(Tokenizer tokenizer, byte value) =>
        (tokenizer.TokenToId($"<0x{value:X2}>") ?? tokenizer.TokenToId(ByteAlphabet.SymbolOf(value).ToString()))!.Value;

    private static string Streamed(Tokenizer tokenizer, int[] ids, bool skip)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder(skip);
        return string.Concat([.. ids.Select(decoder.Append), decoder.Flush()]);
    }
}
