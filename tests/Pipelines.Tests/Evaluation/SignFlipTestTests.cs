namespace MLNetAttn.Pipelines;

public sealed class SignFlipTestTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(5, 1)]
    [InlineData(3, 3)]
    [InlineData(12, 8)]
    [InlineData(20, 0)]
    public void Differences_of_one_size_give_McNemars_exact_test(int gained, int lost)
    {
        double[] differences = [.. Enumerable.Repeat(1.0, gained), .. Enumerable.Repeat(-1.0, lost), 0, 0];
        double ways = 1, tail = 0;
        for (int heads = 0; heads <= Math.Min(gained, lost); heads++)
        {
            tail += ways;
            ways *= (double)(gained + lost - heads) / (heads + 1);
        }
        double expected = Math.Min(1, 2 * tail / Math.Pow(2, gained + lost));
        SignFlipTest.TwoSidedP(differences, draws: 100, seed: 0).Should().BeApproximately(expected, 1e-12);
    }

    [Fact]
    public void Of_all_signs_those_that_reach_as_far_count()
    {
        P(0.1, 0.2, 0.4).Should().Be(2 / 8.0);
        P(0.1, -0.2, 0.4).Should().Be(6 / 8.0, "of 0.7, 0.5, 0.3 and 0.1 all but the last reach 0.3");
        P(0.1, 0.2, -0.3).Should().Be(1);
        P(-0.1, -0.2, -0.4, 0, 0).Should().Be(2 / 8.0, "pairs that do not differ say nothing");
        P(0, 0).Should().Be(1);
        P(0.1 + 0.2 - 0.3, 0.1 + 0.2 - 0.3, 0.1 + 0.2 - 0.3).Should().Be(1, "rounding is no difference");

        static double P(params double[] differences) => SignFlipTest.TwoSidedP(differences, draws: 100, seed: 0);
    }

    [Fact]
    public void Where_nothing_but_chance_decides_a_level_is_not_passed_more_often_than_it_says()
    {
        double[] sizes = [0.25, 0.5, 0.5, 0.75, 1, 1, 1];
        double[] all = [.. Enumerable.Range(0, 1 << sizes.Length).Select(signs => SignFlipTest.TwoSidedP(
            sizes.Select((size, i) => (signs >> i & 1) == 1 ? size : -size), draws: 100, seed: 0))];
        foreach (double level in new[] { 0.02, 0.05, 0.1, 0.5 })
            ((double)all.Count(p => p <= level) / all.Length).Should().BeLessThanOrEqualTo(level);
        all.Min().Should().Be(2.0 / all.Length);
    }

    [Fact]
    public void Of_many_differences_signs_are_drawn_and_the_observation_is_one_of_the_draws()
    {
        double[] onesided = [.. Enumerable.Repeat(0.5, 30)], mixed = [.. Enumerable.Repeat(1.0, 20), .. Enumerable.Repeat(-1.0, 10)];
        SignFlipTest.TwoSidedP(onesided, draws: 999, seed: 0).Should().Be(1 / 1000.0);
        // scipy.stats.binomtest(10, 30): 0.0987.
        SignFlipTest.TwoSidedP(mixed, draws: 20_000, seed: 1).Should().BeInRange(0.092, 0.106);
        SignFlipTest.TwoSidedP(mixed, draws: 500, seed: 7).Should().Be(SignFlipTest.TwoSidedP(mixed, draws: 500, seed: 7));
    }
}
