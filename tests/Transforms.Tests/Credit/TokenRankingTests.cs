namespace MLNetAttn.Transforms.Tests;

public sealed class TokenRankingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Top_takes_the_first_tokens_of_a_stable_order_whatever_is_equal_or_undefined(bool bottom)
    {
        var random = new Random(3);
        for (int trial = 0; trial < 500; trial++)
        {
            // Few different values, so that ties straddle the limit.
            double[] values = [.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => random.Next(6) switch
            {
                0 => double.NaN,
                1 => double.NegativeInfinity,
                2 => -0.0,
                3 => 0.0,
                _ => (double)random.Next(3),
            })];
            double fraction = random.Next(11) / 10.0;
            int[] defined = [.. Enumerable.Range(0, values.Length).Where(token => !double.IsNaN(values[token]))];
            int count = (int)Math.Ceiling((decimal)fraction * defined.Length);
            int[] expected = [.. (bottom ? defined.OrderBy(token => values[token]) : defined.OrderByDescending(token => values[token])).Take(count).Order()];
            TokenRanking.Top(values, fraction, bottom).Should().Equal(expected, "{0} of [{1}]", fraction, string.Join(" ", values));
        }
    }

    [Fact]
    public void Delta_is_undefined_for_the_last_token_and_beside_undefined_ones()
    {
        TokenRanking.Delta([3, 1, double.NaN, 4, 4.5]).Should().Equal(2, double.NaN, double.NaN, 0.5, double.NaN);
        TokenRanking.Delta([]).Should().BeEmpty();
    }

    [Theory]
    [InlineData(new double[] { 5, 1, 3 }, 3)]
    [InlineData(new double[] { 4, 1, double.NaN, 3, 2 }, 2.5)]
    [InlineData(new double[] { double.NaN }, double.NaN)]
    public void Medians_leave_undefined_values_out(double[] values, double median) => TokenRanking.Median(values).Should().Be(median);
}
