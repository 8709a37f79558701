namespace MLNetAttn.Modeling.Tests;

public sealed class HeadSpansTests
{
    [Fact]
    public void Groups_take_the_shortest_and_the_longest_with_ties_by_layer_then_head()
    {
        var spans = new HeadSpans([2, 5], [[3.0, 1.0, 2.0], [1.0, 9.0, 2.0]], tokenCount: 10);
        HeadGroups groups = spans.Group(0.3);
        groups.Local.Should().Equal(new HeadIndex(2, 1), new HeadIndex(5, 0));
        groups.Global.Should().Equal(new HeadIndex(2, 0), new HeadIndex(5, 1));
    }

    [Theory]
    [InlineData(1, 0.3, 1)]
    [InlineData(5, 0.3, 2)]      // 1.5 rounds up
    [InlineData(8, 0.3, 2)]
    [InlineData(8, 1.0, 8)]
    public void A_group_has_at_least_one_head_and_rounds_half_up(int heads, double ratio, int expected) =>
        new HeadSpans([0], [Enumerable.Range(0, heads).Select(h => (double)h).ToArray()], 1).Group(ratio).Local.Should().HaveCount(expected);

    [Fact]
    public void Pooling_weights_by_tokens()
    {
        HeadSpans pooled = HeadSpans.Pool([new([1], [[1.0, 4.0]], 30), new([1], [[5.0, 8.0]], 10)]);
        pooled.Spans[0].Should().Equal(2.0, 5.0);
        pooled.TokenCount.Should().Be(40);
    }

    [Fact]
    public void What_cannot_be_pooled_or_grouped_is_refused()
    {
        FluentActions.Invoking(() => HeadSpans.Pool([])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => HeadSpans.Pool([new([1], [[1.0]], 1), new([2], [[1.0]], 1)]))
            .Should().Throw<ArgumentException>().WithMessage("*different layers*");
        FluentActions.Invoking(() => new HeadSpans([1], [[1.0]], 1).Group(0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new HeadSpans([1], [[1.0]], 0)).Should().Throw<ArgumentException>();
    }
}
