namespace MLNetAttn.Pipelines;

public sealed class EvaluationResultTests
{
    [Fact]
    public void Where_all_or_none_is_right_shares_have_the_interval_of_pass_at_1()
    {
        foreach (float reward in new[] { 0f, 1f })
        {
            EvaluationResult result = Result(Enumerable.Repeat(reward, 10));
            result.AverageAtK.Interval.Should().Be(result.PassAt1.Interval);
            result.PassAtK.Single().Estimate.Interval.Should().Be(result.PassAt1.Interval);
        }
        Result(Enumerable.Repeat(1f, 10)).ToString().Should().MatchRegex(@"avg@1 +100\.00 % +72\.25 % … 100\.00 %");
    }

    [Fact]
    public void With_one_sample_each_avg_at_1_is_pass_at_1() =>
        Result([1, 0, 1, 1, 0]).Should().Match<EvaluationResult>(result =>
            result.AverageAtK.Interval == result.PassAt1.Interval && result.AverageAtK.Value == result.PassAt1.Value);

    [Fact]
    public void Problems_of_one_share_have_an_interval_as_wide_as_outcomes_of_that_share()
    {
        EvaluationResult result = new([[1, 0], [0, 1], [1, 0], [0, 1]], new EvaluationOptions());
        result.AverageAtK.Interval.Should().Be(new Proportion(2, 4).Interval);
        result.PassAtK[^1].Estimate.Interval.Should().Be(new Proportion(4, 4).Interval);
    }

    [Fact]
    public void A_single_problem_says_nothing_of_other_rewards()
    {
        EvaluationResult result = new([[0.25f, 0.75f]], new EvaluationOptions());
        result.MeanReward.Interval.Should().Be(new ConfidenceInterval(double.NegativeInfinity, double.PositiveInfinity));
        result.AverageAtK.Interval.Should().Be(new Proportion(0, 1).Interval);
        result.ToString().Should().MatchRegex(@"mean reward +0\.5000 +unbounded");
    }

    [Fact]
    public void Problems_that_differ_are_drawn_anew()
    {
        EvaluationResult result = new([[1, 0], [0, 0], [1, 1], [1, 0]], new EvaluationOptions());
        result.AverageAtK.Interval.Should().NotBe(new Proportion(2, 4).Interval);
        result.AverageAtK.Interval.Contains(0.5).Should().BeTrue();
        new RhythmReport().Add(result.ToTable()).Tables.Single().Note.Should().StartWith("4 problems, 2 samples each");
    }

    private static EvaluationResult Result(IEnumerable<float> rewards) => new([.. rewards.Select(reward => new[] { reward })], new EvaluationOptions());
}
