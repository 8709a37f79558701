using System.Text.Json;

namespace MLNetAttn.Pipelines;

public sealed class EvaluationComparisonTests
{
    [Theory]
    [InlineData(5, 6, 1)]
    [InlineData(5, 9, 0.125)]
    [InlineData(0, 6, 0.03125)]
    [InlineData(5, 5, 1)]
    public void Two_evaluations_are_compared_problem_by_problem(int rightBefore, int rightAfter, double p)
    {
        EvaluationResult before = FirstRight(rightBefore), after = FirstRight(rightAfter);
        EvaluationComparison comparison = EvaluationComparison.Of(before, after);
        comparison.Difference.Should().BeApproximately((rightAfter - rightBefore) / 10.0, 1e-12);
        comparison.Interval.Contains(comparison.Difference).Should().BeTrue();
        comparison.PValue.Should().BeApproximately(p, 1e-12, "McNemar's exact test says so");
        EvaluationComparison.Of(after, before).PValue.Should().Be(comparison.PValue);
    }

    [Fact]
    public void Samples_of_a_problem_are_one_difference_of_their_shares()
    {
        // 12 of 12 samples gained, but in three problems only: 2 of 2³ signs.
        EvaluationResult before = Result([0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0]),
            after = Result([1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 1, 0]);
        EvaluationComparison.Of(before, after).PValue.Should().Be(0.25);
        EvaluationComparison.Of(before, before).Interval.Should().Be(new ConfidenceInterval(double.NegativeInfinity, double.PositiveInfinity));
    }

    [Fact]
    public void Where_no_problem_changed_the_interval_is_that_of_paired_proportions()
    {
        EvaluationResult half = FirstRight(5), all = FirstRight(10);
        bool[] right = [.. Enumerable.Range(0, 10).Select(problem => problem < 5)];
        EvaluationComparison.Of(half, half).Interval.Should().Be(PairedDifference.Of(right, right).Interval);
        EvaluationComparison.Of(all, all).Interval.Lower.Should().BeLessThan(-0.1);
    }

    [Fact]
    public void The_result_prints_and_serialises_and_stands_in_a_report()
    {
        EvaluationComparison comparison = EvaluationComparison.Of(FirstRight(5), FirstRight(9));
        comparison.ToString().Should().Contain("+40.00 %").And.Contain("0.1250");
        new RhythmReport().Add(comparison.ToTable()).Tables.Should().ContainSingle().Which.Rows[0][^1].Should().Be("0.1250");
        JsonDocument.Parse(comparison.ToJson()).RootElement.GetProperty("p_value").GetDouble().Should().Be(0.125);
        EvaluationComparison single = EvaluationComparison.Of(Result([1, 0]), Result([1, 1]));
        single.ToString().Should().Contain("unbounded");
        JsonDocument.Parse(single.ToJson()).RootElement.GetProperty("interval").GetProperty("upper").GetString().Should().Be("Infinity");
    }

    [Fact]
    public void Evaluations_that_do_not_pair_are_refused()
    {
        FluentActions.Invoking(() => EvaluationComparison.Of(FirstRight(5), Result([1], [0])))
            .Should().Throw<ArgumentException>().WithMessage("*10 problems*2*");
        FluentActions.Invoking(() => EvaluationComparison.Of(FirstRight(5), FirstRight(5), bootstrapDraws: 1)).Should().Throw<ArgumentException>();
    }

    private static EvaluationResult FirstRight(int right) =>
        Result([.. Enumerable.Range(0, 10).Select(problem => new[] { problem < right ? 1f : 0f })]);

    private static EvaluationResult Result(params float[][] rewards) => new(rewards, new EvaluationOptions());
}
