namespace MLNetAttn.Estimators.Tests;

public class LearningRateScheduleTests
{
    [Fact]
    public void Warm_up_starts_at_zero_and_ends_at_the_full_rate()
    {
        double[] factors = [.. Enumerable.Range(0, 5).Select(update => LearningRateSchedule.Constant.Factor(update, warmup: 3, total: 5))];
        factors.Should().Equal(0, 1 / 3.0, 2 / 3.0, 1, 1);
    }

    [Fact]
    public void Linear_falls_in_a_straight_line_to_zero_after_the_last_update()
    {
        double[] factors = [.. Enumerable.Range(0, 6).Select(update => LearningRateSchedule.Linear.Factor(update, warmup: 1, total: 5))];
        factors.Should().Equal(0, 1, 0.75, 0.5, 0.25, 0);
    }

    [Fact]
    public void Cosine_falls_along_half_a_cosine_to_zero_after_the_last_update()
    {
        double[] factors = [.. Enumerable.Range(0, 6).Select(update => LearningRateSchedule.Cosine.Factor(update, warmup: 2, total: 5))];
        double[] expected = [0, 0.5, 1, 0.75, 0.25, 0];
        for (int i = 0; i < expected.Length; i++) factors[i].Should().BeApproximately(expected[i], 1e-15);
    }

    [Fact]
    public void A_warm_up_longer_than_training_never_reaches_the_full_rate() =>
        LearningRateSchedule.Cosine.Factor(4, warmup: 10, total: 5).Should().Be(0.4);
}
