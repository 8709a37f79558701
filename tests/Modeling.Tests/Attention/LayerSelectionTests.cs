namespace MLNetAttn.Modeling.Tests;

public sealed class LayerSelectionTests
{
    [Fact]
    public void Middle_of_thirty_layers_is_five_evenly_spaced_ones() => LayerSelection.Middle.Resolve(30).Should().Equal(10, 13, 15, 18, 20);

    [Theory]
    [InlineData("middle")]
    [InlineData("all")]
    [InlineData("top")]
    [InlineData("bottom")]
    [InlineData("1,4,7")]
    public void Text_round_trips(string text)
    {
        LayerSelection.Parse(text).ToString().Should().Be(text);
        LayerSelection.Parse(text).Should().Be(LayerSelection.Parse(text)).And.NotBe(LayerSelection.Of(2));
    }

    [Theory]
    [InlineData("center")]
    [InlineData("1;2")]
    [InlineData("")]
    [InlineData("top,bottom")]
    [InlineData("explicit")]
    public void Only_known_words_and_numbers_are_read(string text) =>
        FluentActions.Invoking(() => LayerSelection.Parse(text)).Should().Throw<FormatException>().WithMessage("*expected middle, all, top, bottom*");

    [Fact]
    public void Words_are_read_in_any_case_and_numbers_in_any_order()
    {
        LayerSelection.Parse("Middle").Should().Be(LayerSelection.Middle);
        LayerSelection.Parse("7,3").Should().Be(LayerSelection.Of(3, 7));
        FluentActions.Invoking(() => LayerSelection.Parse("-1")).Should().Throw<ArgumentException>().WithMessage("*[-1]*counted from 0*");
    }

    [Fact]
    public void Layers_that_cannot_be_are_refused()
    {
        FluentActions.Invoking(() => LayerSelection.Of()).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => LayerSelection.Of(1, 1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => LayerSelection.Of(-1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => LayerSelection.Of(4).Resolve(4)).Should().Throw<ArgumentException>().WithMessage("Layer 4*layers 0 to 3.");
    }
}
