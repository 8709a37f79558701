namespace MLNetAttn.Modeling.Tests;

public sealed class SplitPreTokenizerTests
{
    [Theory]
    [InlineData(nameof(SplitBehavior.Removed), "the|final|countdown")]
    [InlineData(nameof(SplitBehavior.Isolated), "the|-|final|-|-|countdown|-")]
    [InlineData(nameof(SplitBehavior.MergedWithPrevious), "the-|final-|-|countdown-")]
    [InlineData(nameof(SplitBehavior.MergedWithNext), "the|-final|-|-countdown|-")]
    [InlineData(nameof(SplitBehavior.Contiguous), "the|-|final|--|countdown|-")]
    public void Matches_are_dropped_kept_apart_or_merged(string behavior, string expected) =>
        Split("the-final--countdown-", "-", Enum.Parse<SplitBehavior>(behavior), invert: false).Should().Equal(expected.Split('|'));

    [Fact]
    public void Inverted_the_text_between_matches_counts_as_the_match() =>
        Split("12ab3", @"\d+", SplitBehavior.Removed, invert: true).Should().Equal("12", "3");

    [Fact]
    public void Parts_of_an_earlier_piece_are_left_alone()
    {
        List<TextPiece> parts = [];
        SplitPreTokenizer split = new(new SplitPattern("-"), SplitBehavior.MergedWithPrevious, invert: false);
        split.Split(new TextPiece(new AlignedText("a")), parts);
        split.Split(new TextPiece(new AlignedText("-b")), parts);
        parts.Select(part => part.Span.ToString()).Should().Equal("a", "-", "b");
    }

    [Fact]
    public void A_piece_ends_where_it_ends_for_look_ahead_too()
    {
        TextPiece piece = new(new AlignedText("a  b"));
        List<TextPiece> parts = [];
        new SplitPreTokenizer(new SplitPattern(@"\s+(?!\S)|\s+|\S+"), SplitBehavior.Isolated, invert: false).Split(piece.Slice(1, 2), parts);
        parts.Select(part => (part.Start, part.Length)).Should().Equal((1, 2));
    }

    private static IEnumerable<string> Split(string text, string pattern, SplitBehavior behavior, bool invert)
    {
        List<TextPiece> parts = [];
        new SplitPreTokenizer(new SplitPattern(pattern), behavior, invert).Split(new TextPiece(new AlignedText(text)), parts);
        return parts.Select(part => part.Span.ToString());
    }
}
