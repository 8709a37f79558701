namespace MLNetAttn.Pipelines;

public sealed class SignedRankTestTests
{
    [Fact]
    public void Differences_of_one_sign_leave_one_of_all_sign_patterns_on_either_side()
    {
        SignedRankTest test = Of(1, 2, 3, 4, 5, 6, 7, 8);
        test.Pairs.Should().Be(8);
        test.RankSum.Should().Be(36);
        test.PValue.Should().Be(2 / 256.0);
        Of(-1, -2, -3, -4, -5, -6, -7, -8).PValue.Should().Be(2 / 256.0);
    }

    [Fact]
    public void Rank_sums_up_to_that_of_the_rarer_sign_are_counted()
    {
        // W⁺ = 1: no rank or the first. 2 · 2 / 256; what R's wilcox.test gives as 0.015625.
        Of(-8.2, -30.7, -3.1, -2.4, 0.5, -3.6, -2.7, -4.7).PValue.Should().Be(4 / 256.0);
        // W⁻ = 4: {}, 1, 2, 3, 1 + 2, 4, 1 + 3. 2 · 7 / 32.
        Of(1, 2, 3, -4, 5).PValue.Should().Be(14 / 32.0);
        Of(1, 2, 3, -4, 5).RankSum.Should().Be(11);
    }

    [Fact]
    public void Equal_sizes_share_their_mean_rank()
    {
        // Ranks 1.5, 1.5, 3 with W⁻ = 1.5: {}, the first, the second. 2 · 3 / 8.
        SignedRankTest test = Of(1, -1, 2);
        test.RankSum.Should().Be(4.5);
        test.PValue.Should().Be(6 / 8.0);
        SignedRankTest.Of([0.30, 0.40, 0.10], [0.33, 0.43, 0.07]).RankSum.Should().Be(4, "the last bits of 0.03 do not rank them");
    }

    [Fact]
    public void Pairs_that_do_not_differ_do_not_count()
    {
        SignedRankTest test = Of(1, 0, 2, 0);
        test.Pairs.Should().Be(2);
        test.PValue.Should().Be(2 / 4.0);
        Of(0, 0).PValue.Should().Be(double.NaN);
        SignedRankTest.Of([0.1, 0.2], [0.1, 0.2]).Pairs.Should().Be(0);
    }

    [Fact]
    public void What_was_not_measured_has_no_rank()
    {
        SignedRankTest test = Of(1, double.NaN, 2);
        test.PValue.Should().Be(double.NaN);
        test.RankSum.Should().Be(double.NaN);
        Of(1, double.PositiveInfinity).PValue.Should().Be(double.NaN);
    }

    [Fact]
    public void One_pair_says_nothing_and_a_rank_sum_in_the_middle_is_no_more_probable_than_certain()
    {
        Of(5).PValue.Should().Be(1);
        Of(1, 2, -3).PValue.Should().Be(1);
    }

    [Fact]
    public void Many_pairs_come_near_the_normal_distribution()
    {
        // W⁺ has mean n(n + 1) / 4 and variance n(n + 1)(2n + 1) / 24; every third of 60 differences is negative: W⁻ = 630, z = 285 / 135.8 = 2.10, p 0.0359.
        Of([.. Enumerable.Range(1, 60).Select(i => i % 3 == 0 ? -(double)i : i)]).PValue.Should().BeApproximately(0.0359, 5e-4);
    }

    [Fact]
    public void Lists_that_do_not_pair_are_refused()
    {
        ((Action)(() => SignedRankTest.Of([1, 2], [1]))).Should().Throw<ArgumentException>().WithMessage("*2 measurements of the first and 1 of the second*");
        ((Action)(() => SignedRankTest.Of([], []))).Should().Throw<ArgumentException>();
    }

    private static SignedRankTest Of(params double[] differences) => SignedRankTest.Of(new double[differences.Length], differences);
}
