namespace MLNetAttn.Estimators.Tests;

public class RewardStatisticsTests
{
    [Fact]
    public void Values_that_are_missing_do_not_count()
    {
        var found = RewardStatistics.Of([1, double.NaN, 3, 5]);
        found.Mean.Should().Be(3);
        found.Deviation.Should().Be(2);
    }

    [Fact]
    public void Equal_values_deviate_by_exactly_0_and_have_exactly_their_mean() =>
        RewardStatistics.Of(Enumerable.Repeat(0.1, 7)).Should().Be(new RewardStatistics(0.1, 0));

    [Fact]
    public void One_value_has_no_deviation_and_none_have_no_mean()
    {
        RewardStatistics.Of([4, double.NaN]).Should().Be(new RewardStatistics(4, double.NaN));
        RewardStatistics.Of([double.NaN]).Should().Be(new RewardStatistics(double.NaN, double.NaN));
        RewardStatistics.Of([]).Should().Be(new RewardStatistics(double.NaN, double.NaN));
    }
}
