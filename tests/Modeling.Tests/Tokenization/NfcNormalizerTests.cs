using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class NfcNormalizerTests
{
    private static readonly NfcNormalizer Nfc = new();

    [Theory]
    [InlineData("plain ASCII", "plain ASCII")]
    [InlineData("e\u0301", "é")]
    [InlineData("\u212B", "Å")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("a\u0301\u0323", "\u1EA1\u0301")]
    [InlineData("\u1100\u1161\u11A8", "각")]
    [InlineData("\uAC00\u11A8", "각")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U00011935\U00011930", "\U00011935\U00011930")]
    public void Text_becomes_its_composed_form(string text, string expected) => Nfc.Normalize(text).Should().Be(expected);

    [Fact]
    public void Normalizing_twice_is_normalizing_once() =>
        Gen.Char["aeoqE\u0300\u0301\u0303\u0307\u0308\u0323\u0334\u0345é각가\u1100\u1161\u11A8\u09C7\u09BE\u0958\u212B\u1E9B漢"]
            .Array[0, 20]
            .Select(units => new string(units))
            .Sample(text => Nfc.Normalize(Nfc.Normalize(text)) == Nfc.Normalize(text));

    [Fact]
    public void What_changes_stands_for_the_characters_it_is_made_of()
    {
        TextPiece piece = Nfc.Normalize(new TextPiece(new AlignedText("xe\u0301y")));
        piece.Span.ToString().Should().Be("xéy");
        Enumerable.Range(0, 3).Select(index => piece.ToOriginal(index, index + 1))
            .Should().Equal(new TextRange(0, 1), new TextRange(1, 3), new TextRange(3, 4));
    }

    [Fact]
    public void Marks_that_change_places_stand_for_all_of_them()
    {
        TextPiece piece = Nfc.Normalize(new TextPiece(new AlignedText("q\u0307\u0323y")));
        Enumerable.Range(0, 4).Select(index => piece.ToOriginal(index, index + 1))
            .Should().Equal(new TextRange(0, 1), new TextRange(1, 3), new TextRange(1, 3), new TextRange(3, 4));
    }

    [Fact]
    public void Text_that_does_not_change_is_the_very_same_piece()
    {
        TextPiece piece = new(new AlignedText("déjà vu \u0301"));
        Nfc.Normalize(piece).Should().Be(piece);
    }
}
