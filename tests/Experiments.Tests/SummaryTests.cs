using System.Text.Json;

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
        (uniform.Pairs, local.Pairs, coupled.Pairs).Should().Be((0, 2, 2));
        SummaryText.Markdown(summary, new ExperimentSettings())
            .Should().Contain("| uniform | 2 | 35.0 % |").And.Contain("| local | 3 (2 paired) | 39.0 % |").And.Contain("| coupled | 2 | 37.5 % |");
    }

    [Fact]
    public void Builds_and_machines_are_listed_where_there_are_several_and_held_out_problems_are_counted()
    {
        RunProcess first = new(default, "1.0+a", "Linux, 2 cores"), second = first with { Library = "1.0+b" };
        RunResult one = Runs.Result("uniform", 1, 0.30) with { TestProblems = 77, Processes = [first] },
            two = Runs.Result("uniform", 2, 0.40) with { TestProblems = 77, Processes = [first, second, second] };
        SummaryText.Markdown(Summary.Of([one, two]), new ExperimentSettings()).Should()
            .Contain("Library of runs or parts of runs, not the same for all: 1.0+a (2); 1.0+b (1).")
            .And.Contain("of the same 77 held-out problems")
            .And.NotContain("Machine of runs");
        SummaryText.Markdown(Summary.Of([one]), new ExperimentSettings())
            .Should().NotContain("not the same for all").And.Contain("Library of all runs: 1.0+a.").And.Contain("Machine of all runs: Linux, 2 cores.");
        SummaryText.Markdown(Summary.Of([one, two with { Processes = [] }]), new ExperimentSettings()).Should().Contain("1.0+a (1); not recorded (1).");
    }

    [Fact]
    public void Of_one_seed_there_is_a_difference_but_no_interval()
    {
        Summary summary = Summary.Of([Runs.Result("uniform", 1, 0.30), Runs.Result("coupled", 1, 0.33)]);
        summary.Arms[1].Measures[0].PValue.Should().Be(double.NaN);
        SummaryText.Markdown(summary, new ExperimentSettings())
            .Should().Contain("| coupled | 1 | 33.0 % |  | +3.0 |  |  |  | 1.000 |")
            .And.Contain("One seed: there are no intervals").And.NotContain("?");
    }

    [Fact]
    public void Without_its_baseline_nothing_is_compared()
    {
        Summary summary = Summary.Of([Runs.Result("coupled", 1, 0.33)]);
        summary.Arms[0].Measures.Should().OnlyContain(measure => measure.Difference == null);
        SummaryText.Markdown(summary, new ExperimentSettings()).Should().Contain("No run of uniform has ended, so nothing is compared");
    }

    [Fact]
    public void Any_strategy_can_be_the_baseline_and_the_signed_rank_test_of_the_page_comes_out()
    {
        using JsonDocument recorded = JsonDocument.Parse(File.ReadAllText(Repository.Path("docs", "experiments", "search", "cut-spread-results.json")));
        RunResult[] runs =
        [
            .. recorded.RootElement.GetProperty("runs").EnumerateArray()
                .Select(run => Runs.Result(run.GetProperty("arm").GetString()!, run.GetProperty("seed").GetInt64(), sampled: 0.3) with
                {
                    LastThirdClipped = run.GetProperty("last_third_clipped").GetDouble(),
                }),
        ];
        Summary summary = Summary.Of(runs, "coupled-spread");
        MeasureSummary cut = summary.Arms.Single(arm => arm.Arm == "coupled").Measures.Single(measure => measure.Name == "responses cut, last third");
        cut.SignedRankPValue.Should().Be(4 / 256.0);
        cut.Difference!.Value.Value.Should().BeApproximately(-0.069, 5e-4);
        SummaryText.Markdown(summary, new ExperimentSettings())
            .Should().Contain("| − coupled-spread |").And.Contain("| 0.016 |\n").And.NotContain("nothing is compared");
    }

    [Fact]
    public void No_runs_are_no_summary() =>
        FluentActions.Invoking(() => Summary.Of([])).Should().Throw<InvalidOperationException>().WithMessage("No run has ended yet*");

    [Fact]
    public void Differences_that_are_all_equal_are_called_so()
    {
        Summary summary = Summary.Of(
        [
            Runs.Result("uniform", 1, 0.25), Runs.Result("coupled", 1, 0.5), Runs.Result("uniform", 2, 0.5), Runs.Result("coupled", 2, 0.75),
        ]);
        SummaryText.Markdown(summary, new ExperimentSettings())
            .Should().Contain("| +25.0 | +25.0 to +25.0 | all equal | all equal | 0.500 |")
            .And.Contain("| 0.0 | 0.0 to 0.0 | all equal | all equal | all equal |");
    }

    [Fact]
    public void One_run_is_one_and_minus_is_one_sign()
    {
        SummaryText.Markdown(Summary.Of([Runs.Result("uniform", 1, 0.3)]), new ExperimentSettings()).Should().StartWith("1 run of 60 steps");
        SummaryText.Percent(-0.0125).Should().Be("−1.3 %");
        SummaryText.Percent(0.3125).Should().Be("31.3 %");
    }
}
