using CsCheck;

namespace MLNetAttn.Pipelines;

public sealed class ProportionTests
{
    // Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Intervals_are_the_published_ones(int successes, int trials, double lower, double upper)
    {
        ConfidenceInterval interval = new Proportion(successes, trials).Interval;
        interval.Lower.Should().BeApproximately(lower, 5e-5);
        interval.Upper.Should().BeApproximately(upper, 5e-5);
    }

    [Fact]
    public void The_interval_holds_the_share_within_0_and_1() => Gen.Int[1, 5_000]
        .SelectMany(trials => Gen.Int[0, trials], (trials, successes) => (successes, trials))
        .Sample(outcome =>
        {
            var proportion = new Proportion(outcome.successes, outcome.trials);
            proportion.Interval.Contains(proportion.Value).Should().BeTrue();
            proportion.Interval.Lower.Should().BeInRange(0, 1);
            proportion.Interval.Upper.Should().BeInRange(0, 1);
        });

    [Fact]
    public void Outcomes_are_counted() => Proportion.Of([true, false, true, true]).Should().Be(new Proportion(3, 4));

    [Theory]
    [InlineData(0, 0, "trials")]
    [InlineData(-1, 5, "successes")]
    [InlineData(6, 5, "successes")]
    public void Impossible_counts_are_refused(int successes, int trials, string name)
    {
        Action create = () => _ = new Proportion(successes, trials);
        create.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(name);
    }
}
