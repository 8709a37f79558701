namespace MLNetAttn.Modeling.Tests;

public sealed class AttentionMapTests
{
    [Fact]
    public void It_has_the_weights_below_the_diagonal_and_zeros_above()
    {
        var map = new AttentionMap([[1], [0.25, 0.75]]);
        map.Length.Should().Be(2);
        (map[1, 0], map[1, 1], map[0, 1]).Should().Be((0.25, 0.75, 0));
        map.Row(1).ToArray().Should().Equal(0.25, 0.75);
    }

    [Fact]
    public void Rows_that_are_no_map_are_named()
    {
        Refused([], "*no rows*");
        Refused([[1], [1]], "Row 1 has 1 weights, expected 2*");
        Refused([[1], [0.5, double.NaN]], "Row 1 gives key 1 the weight NaN*");
        Refused([[1], [-0.1, 1]], "Row 1 gives key 0 the weight -0.1*");

        static void Refused(double[][] rows, string message) =>
            FluentActions.Invoking(() => new AttentionMap(rows)).Should().Throw<ArgumentException>().WithMessage(message);
    }
}
