namespace MLNetAttn.Modeling.Tests;

public sealed class HeadGroupsTests
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

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_ratio_that_is_no_share_is_refused(double ratio) =>
        FluentActions.Invoking(() => new HeadSpans([1], [[1.0]], 1).Group(ratio)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*share above 0*");
}
