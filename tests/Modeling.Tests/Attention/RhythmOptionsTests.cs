namespace MLNetAttn.Modeling.Tests;

public sealed class RhythmOptionsTests
{
    [Fact]
    public void Defaults_are_those_of_the_paper()
    {
        var options = new RhythmOptions();
        options.Validate();
        (options.Layers, options.Window, options.MinimumHorizon, options.MaximumHorizon, options.HeadRatio)
            .Should().Be((LayerSelection.Middle, 10, 10, 100, 0.3));
    }

    [Fact]
    public void Every_violation_is_named_at_once()
    {
        var options = new RhythmOptions { Window = 0, MinimumHorizon = 5, MaximumHorizon = 4, HeadRatio = 0, Grouping = HeadGrouping.Frozen, Temperature = 0 };
        FluentActions.Invoking(options.Validate)
            .Should().Throw<ArgumentException>()
            .WithMessage(
                "RhythmOptions: Window is 0*MaximumHorizon is 4, expected at least MinimumHorizon (5)*HeadRatio is 0*FrozenGroups is null*Temperature is 0, expected above 0.");
    }

    [Fact]
    public void Frozen_groups_without_receivers_are_refused_where_receivers_are_asked_for()
    {
        HeadIndex[] heads = [new(0, 0)];
        var options = new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = new HeadGroups(heads, heads), Receivers = true };
        FluentActions.Invoking(options.Validate).Should().Throw<ArgumentException>().WithMessage("*FrozenGroups is without Receivers*");
    }

    [Fact]
    public void Groups_with_another_grouping_are_refused() =>
        FluentActions.Invoking(new RhythmOptions { Grouping = HeadGrouping.PerBatch, FrozenGroups = new HeadGroups([], []) }.Validate)
            .Should().Throw<ArgumentException>().WithMessage("*FrozenGroups is given*");

    [Fact]
    public void A_grouping_that_is_not_said_is_that_of_given_groups_or_of_who_asks()
    {
        new RhythmOptions().GroupingOr(HeadGrouping.PerBatch).Should().Be(HeadGrouping.PerBatch);
        new RhythmOptions { FrozenGroups = new HeadGroups([], []) }.GroupingOr(HeadGrouping.PerBatch).Should().Be(HeadGrouping.Frozen);
        new RhythmOptions { Grouping = HeadGrouping.PerSequence }.GroupingOr(HeadGrouping.PerBatch).Should().Be(HeadGrouping.PerSequence);
    }
}
