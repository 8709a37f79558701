using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class AttentionRhythmOptionsTests
{
    [Fact]
    public void A_trainer_is_given_the_same_metrics()
    {
        var options = new AttentionRhythmOptions
        {
            Layers = LayerSelection.All,
            Window = 3,
            MinimumHorizon = 2,
            MaximumHorizon = null,
            ShrinkHorizon = true,
            RowAlignment = RowAlignment.Generating,
            HeadRatio = 0.5,
            AllHeads = true,
            Outputs = RhythmColumns.All,
            Temperature = 0.7,
        };
        options.ToRhythmOptions().Should().Be(new RhythmOptions
        {
            Layers = LayerSelection.All,
            Window = 3,
            MinimumHorizon = 2,
            MaximumHorizon = null,
            ShrinkHorizon = true,
            RowAlignment = RowAlignment.Generating,
            HeadRatio = 0.5,
            AllHeads = true,
            Receivers = true,
            Temperature = 0.7,
        });
        new AttentionRhythmOptions().ToRhythmOptions().Should().Be(new RhythmOptions(), "the defaults are the same");
    }

    [Fact]
    public void Grouping_that_a_trainer_cannot_do_is_left_to_it()
    {
        HeadGroups groups = new([new HeadIndex(0, 1)], [new HeadIndex(0, 2)]);
        new AttentionRhythmOptions().ToRhythmOptions().Grouping.Should().BeNull();
        RhythmOptions frozen = new AttentionRhythmOptions { Groups = groups }.ToRhythmOptions();
        (frozen.Grouping, frozen.FrozenGroups).Should().Be((HeadGrouping.Frozen, groups));
        new AttentionRhythmOptions { Grouping = RhythmGrouping.PerSequence }.ToRhythmOptions().Grouping.Should().Be(HeadGrouping.PerSequence);
        new AttentionRhythmOptions { Grouping = RhythmGrouping.PerBatch }.ToRhythmOptions().Grouping.Should().Be(HeadGrouping.PerBatch);
    }
}
