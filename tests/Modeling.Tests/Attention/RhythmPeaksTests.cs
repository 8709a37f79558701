using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class RhythmPeaksTests
{
    private static readonly Gen<double[]> Series = Gen.OneOf(Gen.Double[-5, 5].Array[0, 60], Gen.Int[0, 4].Select(value => (double)value).Array[0, 60]);

    [Fact]
    public void Ends_are_no_peaks_and_a_flat_top_counts_once_at_its_middle_rounded_down()
    {
        Peaks([5, 1, 2, 1, 5]).Should().Equal(2);
        Peaks([0, 3, 3, 0]).Should().Equal(1);
        Peaks([0, 3, 3, 3, 0]).Should().Equal(2);
        Peaks([0, 3, 3]).Should().BeEmpty();
        Peaks([3, 3, 0]).Should().BeEmpty();
        Peaks([1, 1, 1, 1]).Should().BeEmpty();
        Peaks([]).Should().BeEmpty();
    }

    [Fact]
    public void A_peak_must_stand_out_of_the_valleys_that_part_it_from_higher_ground()
    {
        // Prominences 4, 1 and 9; the standard deviation is 3.0.
        double[] series = [0, 5, 1, 2, 1, 10, 1];
        RhythmPeaks.Find(series, 0.3).Should().Equal(1, 3, 5);
        RhythmPeaks.Find(series, 0.5).Should().Equal(1, 5);
        RhythmPeaks.Find(series, 2.0).Should().Equal(5);
    }

    [Fact]
    public void Undefined_values_are_left_out_and_indices_stay_those_of_the_series()
    {
        Peaks([double.NaN, 0, 2, double.NaN, 1, double.NaN]).Should().Equal(2);
        RhythmPeaks.Find([0f, 2f, 1f, float.NaN], 0).Should().Equal(1);
    }

    [Fact]
    public void Peaks_are_those_of_the_definition() => Gen.Select(Series, Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 2])).Sample((series, prominence) =>
    {
        double mean = series.Length > 0 ? series.Average() : 0,
            least = prominence * Math.Sqrt(series.Sum(x => (x - mean) * (x - mean)) / Math.Max(1, series.Length));
        // By the definition: a maximal run of equal values with lower ones on both sides, whose prominence is what one loses at least on every way to higher
        // ground or to an end.
        List<int> expected = [];
        for (int from = 1; from < series.Length - 1; from++)
            for (int to = from; to < series.Length - 1; to++)
                if (series[from..(to + 1)].All(x => x == series[from]) && series[from - 1] < series[from] && series[to + 1] < series[from])
                {
                    int peak = (from + to) / 2;
                    double left = series[..peak].Reverse().TakeWhile(x => x <= series[peak]).Append(series[peak]).Min(),
                        right = series[peak..].TakeWhile(x => x <= series[peak]).Min();
                    double standsOut = series[peak] - Math.Max(left, right);
                    if (Math.Abs(standsOut - least) < 1e-9 && prominence > 0) return;
                    if (standsOut >= least) expected.Add(peak);
                }
        RhythmPeaks.Find(series, prominence).Should().Equal(expected);
    });

    [Fact]
    public void More_prominence_leaves_a_subset_and_shift_or_scale_change_nothing() => Gen
        .Select(Gen.Double[-5, 5].Array[0, 60], Gen.Double[0, 1], Gen.Double[0, 1])
        .Sample((series, low, more) =>
        {
            int[] peaks = RhythmPeaks.Find(series, low);
            RhythmPeaks.Find(series, low + more).Should().BeSubsetOf(peaks);
            RhythmPeaks.Find(Array.ConvertAll(series, x => 4 * x), low).Should().Equal(peaks);
            peaks.Should().BeInAscendingOrder().And.NotContain([0, series.Length - 1]);
        });

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_prominence_out_of_range_is_refused(double prominence) =>
        FluentActions.Invoking(() => RhythmPeaks.Find([1.0, 2.0], prominence)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*0 or more*");

    [Fact]
    public void A_peak_of_waad_is_coupled_to_one_of_fai_at_it_or_one_token_after_it() =>
        RhythmPeaks.CoupledTo([2, 3, 9]).Should().BeEquivalentTo([2, 3, 4, 9, 10]);

    private static int[] Peaks(double[] series) => RhythmPeaks.Find(series, 0);
}
