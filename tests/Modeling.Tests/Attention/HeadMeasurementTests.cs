namespace MLNetAttn.Modeling.Tests;

public sealed class HeadMeasurementTests
{
    private static readonly HeadSpans Spans = new([3], [[1, 2, 3, 4, 5, 6, 7]], tokenCount: 4);
    private static readonly ReceiverScores Scores = new([3], [[0, 1, 9, 2, 8, 3, 4]]);

    [Fact]
    public void As_many_receivers_are_taken_as_the_global_group_has_heads()
    {
        HeadGroups groups = new HeadMeasurement(Spans, Scores).Group(0.3);
        groups.Global.Should().HaveCount(2);
        groups.Receivers.Should().Equal(new HeadIndex(3, 2), new HeadIndex(3, 4));
        new HeadMeasurement(Spans).Group(0.3).Receivers.Should().BeNull();
    }

    [Fact]
    public void Pooling_pools_both()
    {
        HeadMeasurement pooled = HeadMeasurement.Pool([new HeadMeasurement(Spans, Scores), new HeadMeasurement(Spans, Scores)]);
        pooled.Spans.TokenCount.Should().Be(8);
        pooled.Receivers!.Scores[0].Should().Equal(Scores.Scores[0]);
    }

    [Fact]
    public void Measurements_with_and_without_scores_cannot_be_pooled() =>
        FluentActions.Invoking(() => HeadMeasurement.Pool([new HeadMeasurement(Spans, Scores), new HeadMeasurement(Spans)]))
            .Should().Throw<ArgumentException>().WithMessage("1 of 2 measurements*");
}
