namespace MLNetAttn.Pipelines;

public class BootstrapTests
{
    [Fact]
    public void Percentiles_are_numpys()
    {
        // numpy.percentile(numpy.arange(100), [2.5, 97.5]), and of [3, 1, 4, 1, 5].
        Check([.. Enumerable.Range(0, 100).Select(i => (double)i).Reverse()], 2.475, 96.525);
        Check([3, 1, 4, double.NaN, 1, 5], 1, 4.9);
        Check([7], 7, 7);
        Bootstrap.Percentiles([double.NaN]).Should().Be(new ConfidenceInterval(double.NaN, double.NaN));

        static void Check(double[] values, double lower, double upper)
        {
            ConfidenceInterval found = Bootstrap.Percentiles(values);
            found.Lower.Should().BeApproximately(lower, 1e-12);
            found.Upper.Should().BeApproximately(upper, 1e-12);
        }
    }

    [Fact]
    public void Intervals_hold_the_truth_in_about_95_of_100_samples()
    {
        // The mean of 40 numbers from a uniform distribution, whose mean is 0.5.
        var random = new SeededRandom(5);
        int held = 0, samples = 400;
        for (int sample = 0; sample < samples; sample++)
        {
            double[] values = [.. Enumerable.Range(0, 40).Select(_ => random.Next(1_000_000) / 1e6)];
            if (Bootstrap.Interval(40, 400, seed: sample, drawn => drawn.Average(i => values[i])).Contains(0.5)) held++;
        }
        ((double)held / samples).Should().BeInRange(0.90, 0.98);
    }

    [Fact]
    public void Draws_that_are_all_alike_leave_an_interval_without_ends()
    {
        Interval(7).Should().Be(new ConfidenceInterval(double.NegativeInfinity, double.PositiveInfinity), "of one unit nothing is known but itself");
        Interval(3, 3, 3).Should().Be(Interval(7));
        Interval(3, 3, 4).Upper.Should().BeInRange(3, 4);
        Interval(double.NaN).Should().Be(new ConfidenceInterval(double.NaN, double.NaN), "it is defined nowhere");

        static ConfidenceInterval Interval(params double[] values) => Bootstrap.Interval(values.Length, 200, seed: 1, drawn => drawn.Average(i => values[i]));
    }

    [Fact]
    public void A_seed_repeats_its_draws()
    {
        double[] Draw(long seed) => Bootstrap.Draw(5, 10, seed, drawn => drawn.Sum(i => Math.Pow(7, i)));
        Draw(3).Should().Equal(Draw(3)).And.NotEqual(Draw(4));
    }
}
