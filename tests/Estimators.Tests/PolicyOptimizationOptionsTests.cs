using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators.Tests;

public sealed class PolicyOptimizationOptionsTests
{
    [Fact]
    public void Head_groups_are_those_of_the_batch_whatever_else_the_rhythm_says()
    {
        Grouping(null).Should().Be(HeadGrouping.PerBatch);
        Grouping(new RhythmOptions { MinimumHorizon = 4 }).Should().Be(HeadGrouping.PerBatch);
        Grouping(new RhythmOptions { Grouping = HeadGrouping.PerSequence }).Should().Be(HeadGrouping.PerSequence);
        Grouping(new RhythmOptions { FrozenGroups = new HeadGroups([], []) }).Should().Be(HeadGrouping.Frozen);

        static HeadGrouping? Grouping(RhythmOptions? rhythm) => new PolicyOptimizationOptions { Rhythm = rhythm }.EffectiveRhythm.Grouping;
    }

    [Fact]
    public void A_rhythm_that_is_not_given_has_the_temperature_of_sampling() =>
        new PolicyOptimizationOptions { Temperature = 0.7 }.EffectiveRhythm.Temperature.Should().Be(0.7);
}
