namespace MLNetAttn.Estimators.Tests;

public class AdvantageNormalizationTests
{
    private static readonly double[][] Rewards = [[1, 0], [2, double.NaN], [4, 2], [double.NaN, double.NaN], [0, 1]];

    [Theory]
    [InlineData(RewardScale.Group, RewardAggregation.SumThenNormalize)]
    [InlineData(RewardScale.Batch, RewardAggregation.SumThenNormalize)]
    [InlineData(RewardScale.None, RewardAggregation.SumThenNormalize)]
    [InlineData(RewardScale.Group, RewardAggregation.NormalizeThenSum)]
    public void Rows_of_a_group_need_not_follow_each_other(RewardScale scale, RewardAggregation aggregation)
    {
        var options = new AdvantageOptions { ScaleRewards = scale, Aggregation = aggregation, RewardWeights = [2, 0.5] };
        double[][] rows = [.. Rewards, [3, 3]];
        int[] groups = [0, 0, 0, 1, 1, 1], order = [4, 0, 3, 2, 5, 1];
        var inOrder = AdvantageNormalization.Fit(rows, groups, 2, options);
        var mixed = AdvantageNormalization.Fit([.. order.Select(row => rows[row])], [.. order.Select(row => groups[row])], 2, options);
        for (int row = 0; row < rows.Length; row++)
            mixed.Advantage(rows[row], groups[row]).Should().BeApproximately(inOrder.Advantage(rows[row], groups[row]), 1e-12, $"row {row}");
        inOrder.Advantage(rows[3], 1).Should().Be(0, "it has no reward");
    }

    [Fact]
    public void A_missing_value_counts_0_in_a_sum_and_no_value_at_all_gives_none()
    {
        double[] weights = [2, 0.5];
        AdvantageNormalization.Sum(Rewards[1], Rewards[1], weights).Should().Be(4);
        AdvantageNormalization.Sum(Rewards[3], Rewards[3], weights).Should().Be(double.NaN);
    }

    [Fact]
    public void A_row_alone_in_its_group_has_no_advantage() =>
        AdvantageNormalization.Fit(Rewards, [0, 0, 0, 0, 1], 2, new AdvantageOptions()).Advantage(Rewards[4], 1).Should().Be(0);
}
