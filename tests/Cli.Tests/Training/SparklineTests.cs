namespace MLNetAttn.Cli.Tests;

public sealed class SparklineTests
{
    [Fact]
    public void Values_are_drawn_from_least_to_largest() => Sparkline.Draw([0, 1, 2, 3, 4, 5, 6, 7, double.NaN], 20).Should().Be("▁▂▃▄▅▆▇█ ");

    [Fact]
    public void More_values_than_there_is_room_for_are_averaged()
    {
        Sparkline.Draw([0, 0, 10, double.NaN, 20, 20, 20], 3).Should().Be("▁▅█");
        Sparkline.Draw([.. Enumerable.Range(0, 1000).Select(i => (double)i)], 8).Should().Be("▁▂▃▄▅▆▇█");
    }

    [Fact]
    public void Equal_values_and_none_are_a_flat_line_and_nothing()
    {
        Sparkline.Draw([3, 3], 5).Should().Be("▁▁");
        Sparkline.Draw([], 5).Should().BeEmpty();
        Sparkline.Draw([double.NaN], 5).Should().Be(" ");
    }
}
