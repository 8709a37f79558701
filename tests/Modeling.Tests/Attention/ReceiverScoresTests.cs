using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class ReceiverScoresTests
{
    [Fact]
    public void Kurtosis_of_known_distributions()
    {
        ReceiverScores.ExcessKurtosis([1, 2, 3, 4, 5]).Should().BeApproximately(-1.3, 1e-12);
        ReceiverScores.ExcessKurtosis([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
            .Should().BeApproximately(0.1 * 0.9 * (0.9 * 0.9 * 0.9 + 0.1 * 0.1 * 0.1) / (0.09 * 0.09) - 3, 1e-12);
        ReceiverScores.ExcessKurtosis([3, 7]).Should().BeApproximately(-2, 1e-12);
    }

    [Fact]
    public void Kurtosis_of_nothing_of_one_value_and_of_equal_values_is_undefined()
    {
        foreach (double[] values in new double[][] { [], [4], [0.1, 0.1, 0.1], [0, 0] })
            ReceiverScores.ExcessKurtosis(values).Should().Be(double.NaN);
    }

    [Fact]
    public void Kurtosis_is_at_least_minus_two_and_does_not_depend_on_scale_or_order() =>
        Gen.Select(Gen.Double[0, 1].Array[2, 50], Gen.Double[0.1, 100]).Sample((values, scale) =>
        {
            double score = ReceiverScores.ExcessKurtosis(values);
            if (double.IsNaN(score)) return;
            score.Should().BeGreaterThanOrEqualTo(-2 - 1e-9);
            ReceiverScores.ExcessKurtosis(Array.ConvertAll(values, value => value * scale))
                .Should().BeApproximately(score, 1e-6 * Math.Max(1, Math.Abs(score)));
            ReceiverScores.ExcessKurtosis([.. values.Reverse()]).Should().BeApproximately(score, 1e-6 * Math.Max(1, Math.Abs(score)));
        });

    [Fact]
    public void The_highest_come_first_ties_by_layer_then_head_and_the_undefined_last()
    {
        var scores = new ReceiverScores([2, 5], [[3, double.NaN, 7], [7, -2, 3]]);
        scores.Highest(4).Should().Equal(new HeadIndex(2, 2), new HeadIndex(5, 0), new HeadIndex(2, 0), new HeadIndex(5, 2));
        scores.Highest(99).Should().HaveCount(6).And.EndWith(new HeadIndex(2, 1));
    }

    [Fact]
    public void Scores_that_differ_in_their_last_bits_only_are_ties() =>
        new ReceiverScores([0], [[-2, Math.BitIncrement(-2.0)]]).Highest(1).Should().Equal(new HeadIndex(0, 0));

    [Fact]
    public void Pooling_means_over_the_responses_in_which_a_score_is_defined_in_any_order()
    {
        ReceiverScores[] parts = [new([1], [[1, double.NaN]]), new([1], [[4, 2]]), new([1], [[7, double.NaN]])];
        ReceiverScores.Pool(parts).Scores[0].Should().Equal(4, 2);
        ReceiverScores.Pool([ReceiverScores.Pool(parts[..2]), parts[2]]).Scores[0].Should().Equal(4, 2);
        ReceiverScores.Pool([parts[0], parts[2]]).Scores[0][1].Should().Be(double.NaN);
    }

    [Fact]
    public void What_cannot_be_pooled_is_refused()
    {
        FluentActions.Invoking(() => ReceiverScores.Pool([])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => ReceiverScores.Pool([new([1], [[1]]), new([2], [[1]])]))
            .Should().Throw<ArgumentException>().WithMessage("*different layers*");
        FluentActions.Invoking(() => new ReceiverScores([1, 2], [[1]])).Should().Throw<ArgumentException>();
    }
}
