namespace MLNetAttn.Pipelines;

public sealed class PairedTTestTests
{
    // Student (1908), "The probable error of a mean": hours of sleep gained by two drugs; t = 4.0621 with 9 degrees of freedom in R's t.test.
    private static readonly double[] First = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
        Second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    [Fact]
    public void Student_s_own_example_gives_what_R_gives()
    {
        PairedTTest test = PairedTTest.Of(First, Second);
        test.Pairs.Should().Be(10);
        test.Difference.Value.Should().BeApproximately(1.58, 1e-12);
        test.Difference.Interval.Lower.Should().BeApproximately(0.7001142, 5e-8);
        test.Difference.Interval.Upper.Should().BeApproximately(2.4598858, 5e-8);
        test.PValue.Should().BeApproximately(0.002833, 5e-7);
    }

    [Fact]
    public void Swapping_the_two_turns_the_sign()
    {
        PairedTTest forth = PairedTTest.Of(First, Second), back = PairedTTest.Of(Second, First);
        back.Difference.Value.Should().BeApproximately(-forth.Difference.Value, 1e-12);
        back.PValue.Should().BeApproximately(forth.PValue, 1e-12);
    }

    [Fact]
    public void One_pair_has_a_difference_but_says_nothing_about_chance()
    {
        PairedTTest test = PairedTTest.Of([1], [3]);
        test.Difference.Value.Should().Be(2);
        test.Difference.Interval.Should().Be(new ConfidenceInterval(double.NegativeInfinity, double.PositiveInfinity));
        test.PValue.Should().Be(double.NaN);
    }

    [Fact]
    public void Equal_measurements_have_no_p_value() => PairedTTest.Of(First, First).PValue.Should().Be(double.NaN);

    [Fact]
    public void What_rounding_leaves_is_no_difference()
    {
        double[] sums = [0.1 + 0.2, 0.1 + 0.2, 0.1 + 0.2];
        sums[0].Should().NotBe(0.3);
        PairedTTest.Of([0.3, 0.3, 0.3], sums).PValue.Should().Be(double.NaN);
    }

    [Fact]
    public void Equal_differences_have_no_p_value_however_large_they_are()
    {
        PairedTTest test = PairedTTest.Of([0.25, 0.5, 0.75], [0.5, 0.75, 1]);
        test.Difference.Value.Should().Be(0.25);
        test.PValue.Should().Be(double.NaN, "two runs that happen to differ by the same number are no proof");
        PairedTTest.Of([0.3, 0.3, 0.3], [0.4, 0.4, 0.1 + 0.3]).PValue.Should().Be(double.NaN);
    }

    [Fact]
    public void Lists_that_do_not_pair_are_refused()
    {
        ((Action)(() => PairedTTest.Of([1, 2], [1]))).Should().Throw<ArgumentException>().WithMessage("*2 measurements of the first and 1 of the second*");
        ((Action)(() => PairedTTest.Of([], []))).Should().Throw<ArgumentException>();
        ((Action)(() => Estimate.OfMean([]))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Ninety_five_of_a_hundred_intervals_of_five_hold_the_true_mean()
    {
        var random = new Random(1);
        int held = 0;
        for (int trial = 0; trial < 4_000; trial++)
        {
            double[] values = [.. Enumerable.Range(0, 5).Select(_ =>
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) + 3)];
            if (Estimate.OfMean(values).Interval.Contains(3)) held++;
        }
        (held / 4_000.0).Should().BeInRange(0.94, 0.96);
    }
}
