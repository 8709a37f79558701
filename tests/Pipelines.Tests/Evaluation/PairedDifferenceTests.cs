using CsCheck;

namespace MLNetAttn.Pipelines;

public sealed class PairedDifferenceTests
{
    private static readonly Gen<(bool Before, bool After)[]> Outcomes = Gen.Select(Gen.Bool, Gen.Bool).Array[1, 400];

    // Altman et al., Statistics with Confidence (2000), table 6.2; Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables (2017), chapter 8.
    [Theory]
    [InlineData(14, 0, 5, 22, 0.122, 0.011, 0.226)]
    [InlineData(59, 6, 16, 80, 0.062, 0.005, 0.119)]
    [InlineData(1, 1, 7, 12, 0.286, 0.026, 0.507)]
    public void Intervals_are_the_published_ones(int bothRight, int lost, int gained, int bothWrong, double value, double lower, double upper)
    {
        PairedDifference difference = Create(bothRight, lost, gained, bothWrong);
        difference.Value.Should().BeApproximately(value, 5e-4);
        difference.Interval.Lower.Should().BeApproximately(lower, 5e-4);
        difference.Interval.Upper.Should().BeApproximately(upper, 5e-4);
    }

    [Fact]
    public void Swapping_the_measurements_turns_the_sign() => Outcomes.Sample(outcomes =>
    {
        PairedDifference forth = Of(outcomes);
        PairedDifference back = PairedDifference.Of([.. outcomes.Select(outcome => outcome.After)], [.. outcomes.Select(outcome => outcome.Before)]);
        back.Value.Should().Be(-forth.Value);
        back.Interval.Lower.Should().BeApproximately(-forth.Interval.Upper, 1e-12);
        back.Interval.Upper.Should().BeApproximately(-forth.Interval.Lower, 1e-12);
    });

    [Fact]
    public void The_interval_holds_the_difference_within_minus_1_and_1() => Outcomes.Sample(outcomes =>
    {
        PairedDifference difference = Of(outcomes);
        difference.Interval.Contains(difference.Value).Should().BeTrue();
        difference.Interval.Lower.Should().BeGreaterThanOrEqualTo(-1);
        difference.Interval.Upper.Should().BeLessThanOrEqualTo(1);
    });

    [Fact]
    public void Ninety_five_of_a_hundred_intervals_hold_the_true_difference()
    {
        const double bothRight = 0.30, gained = 0.18, lost = 0.10;
        var random = new Random(1);
        int held = 0;
        for (int repeat = 0; repeat < 4_000; repeat++)
        {
            var outcomes = new (bool Before, bool After)[512];
            for (int i = 0; i < outcomes.Length; i++)
            {
                double draw = random.NextDouble();
                outcomes[i] = draw < bothRight ? (true, true) : draw < bothRight + gained ? (false, true) : (draw < bothRight + gained + lost, false);
            }
            held += Of(outcomes).Interval.Contains(gained - lost) ? 1 : 0;
        }
        (held / 4_000.0).Should().BeInRange(0.94, 0.965);
    }

    [Fact]
    public void Accuracies_and_changes_are_counted()
    {
        PairedDifference difference = Create(bothRight: 3, lost: 1, gained: 4, bothWrong: 2);
        difference.Before.Should().Be(new Proportion(4, 10));
        difference.After.Should().Be(new Proportion(7, 10));
        (difference.Gained, difference.Lost).Should().Be((4, 1));
    }

    [Fact]
    public void Lists_of_different_lengths_or_none_are_refused()
    {
        Action uneven = () => PairedDifference.Of([true], [true, false]);
        uneven.Should().Throw<ArgumentException>().WithMessage("There are 1 outcomes before and 2 after*");
        Action empty = () => PairedDifference.Of([], []);
        empty.Should().Throw<ArgumentException>();
    }

    private static PairedDifference Of((bool Before, bool After)[] outcomes) =>
        PairedDifference.Of([.. outcomes.Select(outcome => outcome.Before)], [.. outcomes.Select(outcome => outcome.After)]);

    private static PairedDifference Create(int bothRight, int lost, int gained, int bothWrong) => Of(
    [
        .. Enumerable.Repeat((true, true), bothRight), .. Enumerable.Repeat((true, false), lost),
        .. Enumerable.Repeat((false, true), gained), .. Enumerable.Repeat((false, false), bothWrong),
    ]);
}
