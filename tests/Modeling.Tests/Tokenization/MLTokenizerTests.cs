using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace MLNetAttn.Modeling.Tests;

public sealed class MLTokenizerTests
{
    private const string Text = "Twelve eggs 😀 cost $3.\n";

    private static readonly Tokenizer Own = Tokenizer.FromPretrained(
        Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", "bytelevel-llama3"));

    private readonly Microsoft.ML.Tokenizers.Tokenizer _tokenizer = Own.ToMLTokenizer();

    [Fact]
    public void Gives_the_same_ids_tokens_and_offsets()
    {
        TokenEncoding expected = Own.EncodeWithOffsets(Text);
        _tokenizer.EncodeToIds(Text).Should().Equal(expected.Ids);
        _tokenizer.EncodeToIds(Text.AsSpan()).Should().Equal(expected.Ids);
        _tokenizer.CountTokens(Text).Should().Be(expected.Ids.Count);
        IReadOnlyList<EncodedToken> tokens = _tokenizer.EncodeToTokens(Text, out string? normalized);
        normalized.Should().BeNull("offsets are those in the text as given");
        tokens.Select(token => (token.Id, token.Value, token.Offset.Start.Value, token.Offset.End.Value))
            .Should().Equal(expected.Ids.Select((id, i) => (id, expected.Tokens[i], expected.Offsets[i].Start, expected.Offsets[i].End)));
    }

    [Fact]
    public void Cuts_where_a_number_of_tokens_ends()
    {
        TokenEncoding all = Own.EncodeWithOffsets(Text);
        for (int count = 1; count <= all.Ids.Count; count++)
        {
            _tokenizer.EncodeToIds(Text, count, out _, out int consumed).Should().Equal(all.Ids.Take(count));
            consumed.Should().Be(count == all.Ids.Count ? Text.Length : all.Offsets.Take(count).Max(range => range.End));
            _tokenizer.GetIndexByTokenCount(Text, count, out _, out int found).Should().Be(consumed);
            found.Should().Be(count);
        }
    }

    [Fact]
    public void Decodes_into_a_string_and_into_room_that_is_large_enough()
    {
        int[] ids = Own.Encode(Text);
        _tokenizer.Decode(ids).Should().Be(Text);
        char[] room = new char[Text.Length];
        _tokenizer.Decode(ids, room, out int consumed, out int written).Should().Be(OperationStatus.Done);
        (consumed, written, new string(room)).Should().Be((ids.Length, Text.Length, Text));
        _tokenizer.Decode(ids, room.AsSpan(1), out consumed, out written).Should().Be(OperationStatus.DestinationTooSmall);
        (consumed, written).Should().Be((0, 0));
    }

    [Fact]
    public void Untrusted_text_has_no_special_tokens()
    {
        string special = Own.IdToToken(Own.Encode("")[0]);
        Own.ToMLTokenizer(addSpecialTokens: false, allowSpecialTokens: false).EncodeToIds(special)
            .Should().Equal(Own.Encode(special, addSpecialTokens: false, allowSpecialTokens: false));
    }

    [Fact]
    public void Parts_of_the_tokenizer_cannot_be_left_out() =>
        FluentActions.Invoking(() => _tokenizer.EncodeToIds(Text, considerPreTokenization: false))
            .Should().Throw<NotSupportedException>().WithMessage("*pre-tokenization*must be true*");
}
