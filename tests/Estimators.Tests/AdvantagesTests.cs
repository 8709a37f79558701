namespace MLNetAttn.Estimators.Tests;

public class AdvantagesTests
{
    [Fact]
    public void Equal_rewards_have_advantage_exactly_zero_and_count_as_zero_deviation()
    {
        GroupAdvantages found = Advantages.Compute([0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9], generations: 7);
        found.Values.Should().OnlyContain(advantage => advantage == 0);
        found.Metrics["frac_reward_zero_std"].Should().Be(1);
    }

    [Fact]
    public void A_better_answer_gets_the_same_advantage_whatever_the_offset_of_the_rewards()
    {
        double[] near = Advantages.Compute([0, 1, 2, 3], 4).Values, far = Advantages.Compute([1000, 1001, 1002, 1003], 4).Values;
        near.Zip(far, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-12);
        near.Should().BeInAscendingOrder().And.Subject.Sum().Should().BeApproximately(0, 1e-12);
    }

    [Fact]
    public void Names_of_rewards_are_in_the_metrics() =>
        Advantages.Compute([[1, 2], [3, 5]], 2, names: ["right", "short"]).Metrics
            .Should().Contain("rewards/right/mean", 2).And.Contain("rewards/short/mean", 3.5);

    [Fact]
    public void A_group_of_one_is_refused() => Refused([1, 2], 1, "*Groups of 1, expected at least 2*");

    [Fact]
    public void Rows_that_are_not_whole_groups_are_refused() => Refused([1, 2, 3], 2, "3 rows are not whole groups of 2*");

    [Fact]
    public void An_infinite_reward_is_named_by_its_row() => Refused([1, double.PositiveInfinity], 2, "Row 1: reward 0 is*");

    [Fact]
    public void A_weight_for_each_function_is_required() =>
        FluentActions.Invoking(() => Advantages.Compute([1, 2], 2, new AdvantageOptions { RewardWeights = [1, 2, 3] }))
            .Should().Throw<ArgumentException>().WithMessage("*RewardWeights is 3 weights*1 reward functions*");

    [Fact]
    public void Rows_of_other_lengths_are_refused() =>
        FluentActions.Invoking(() => Advantages.Compute([[1, 2], [3]], 2)).Should().Throw<ArgumentException>().WithMessage("Row 1 has 1 rewards, and row 0 2*");

    private static void Refused(double[] rewards, int generations, string message) =>
        FluentActions.Invoking(() => Advantages.Compute(rewards, generations)).Should().Throw<ArgumentException>().WithMessage(message);
}
