namespace MLNetAttn.Experiments.Tests;

public sealed class SummaryTests
{
    [Fact]
    public void Strategies_are_paired_with_uniform_by_seed_and_corrected_together()
    {
        // Seed 3 of local has no partner: it counts in local's mean and in no difference.
        Summary summary = Summary.Of(
        [
            Runs.Result("uniform", 1, 0.30), Runs.Result("coupled", 1, 0.33), Runs.Result("local", 1, 0.30),
            Runs.Result("uniform", 2, 0.40), Runs.Result("coupled", 2, 0.42), Runs.Result("local", 2, 0.46), Runs.Result("local", 3, 0.41),
        ]);
        summary.Arms.Select(arm => arm.Arm).Should().Equal("uniform", "local", "coupled");
        MeasureSummary uniform = summary.Arms[0].Measures[0], local = summary.Arms[1].Measures[0], coupled = summary.Arms[2].Measures[0];
        uniform.Difference.Should().BeNull();
        uniform.Mean.Value.Should().BeApproximately(0.35, 1e-12);
        coupled.Difference!.Value.Value.Should().BeApproximately(0.025, 1e-12);
        local.Difference!.Value.Value.Should().BeApproximately(0.03, 1e-12);
        local.Mean.Value.Should().BeApproximately(0.39, 1e-12);
        coupled.HolmPValue.Should().BeApproximately(2 * coupled.PValue, 1e-12, "it is the smaller of two p-values");
        local.HolmPValue.Should().BeApproximately(local.PValue, 1e-12);
    }

    [Fact]
    public void Of_one_seed_there_is_a_difference_but_no_interval()
    {
        Summary summary = Summary.Of([Runs.Result("uniform", 1, 0.30), Runs.Result("coupled", 1, 0.33)]);
        summary.Arms[1].Measures[0].PValue.Should().Be(double.NaN);
        SummaryText.Markdown(summary, new ExperimentSettings()).Should().Contain("| coupled | 1 | 33.0 % | ? to ? | +3.0 | ? to ? |  |  |");
    }

    [Fact]
    public void Without_uniform_nothing_is_compared() => Summary.Of([Runs.Result("coupled", 1, 0.33)]).Arms[0].Measures.Should().OnlyContain(measure => measure.Difference == null);

    [Fact]
    public void No_runs_are_no_summary() => FluentActions.Invoking(() => Summary.Of([])).Should().Throw<ArgumentException>().WithMessage("No run has ended yet*");
}
