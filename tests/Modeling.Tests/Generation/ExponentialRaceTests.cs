using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class ExponentialRaceTests
{
    [Fact]
    public void Tokens_win_in_proportion_to_their_probability()
    {
        // 50 tokens, some of them beyond the last whole vector, with probabilities from 1/16 to nearly nothing.
        float[] weights = [.. Enumerable.Range(0, 50).Select(i => (float)Math.Exp(-(i * 7 % 50) / 8.0))];
        const int draws = 50_000;
        int[] wins = new int[weights.Length];
        for (int n = 0; n < draws; n++) wins[ExponentialRace.Winner(weights, RandomUniform.Branch(7, n))]++;
        double[] expected = [.. weights.Select(weight => draws * weight / weights.Sum(w => (double)w))];
        double chiSquare = expected.Zip(wins, (e, w) => (w - e) * (w - e) / e).Sum();
        chiSquare.Should().BeInRange(23, 86, "it has 49 degrees of freedom: 0.05 % lie on either side");
    }

    [Fact]
    public void Places_and_scale_of_the_probabilities_do_not_matter_to_how_blocks_are_read()
    {
        Gen.Select(Gen.Float[0, 1].Array[1, 100], Gen.ULong).Sample((weights, stream) =>
        {
            double[] times = [.. weights.Select((weight, i) => -Math.Log(1 - RandomUniform.At(stream, i)) / weight)];
            int winner = ExponentialRace.Winner(weights, stream);
            return weights.Max() == 0 ? winner == -1 : winner == Array.IndexOf(times, times.Where((_, i) => weights[i] > 0).Min());
        });
    }

    [Fact]
    public void What_has_no_probability_never_wins()
    {
        float[] weights = new float[100];
        ExponentialRace.Winner(weights, 1).Should().Be(-1);
        weights[41] = 1e-30f;
        for (ulong stream = 0; stream < 100; stream++) ExponentialRace.Winner(weights, stream).Should().Be(41);
        weights.AsSpan().Fill(float.NaN);
        ExponentialRace.Winner(weights, 1).Should().Be(-1);
    }

    [Fact]
    public void Rounding_changes_a_winner_about_as_rarely_as_it_is_small()
    {
        float[] weights = [.. Enumerable.Range(0, 1000).Select(i => (float)Math.Exp(-(i % 97) / 5.0))];
        float[] rounded = [.. weights.Select((weight, i) => weight * (1 + 1e-4f * ((i * 31 % 11 - 5) / 5f)))];
        const int draws = 10_000;
        int changed = Enumerable.Range(0, draws)
            .Count(n =>
                ExponentialRace.Winner(weights, RandomUniform.Branch(3, n)) != ExponentialRace.Winner(rounded, RandomUniform.Branch(3, n)));
        changed.Should().BeLessThan(draws * 4 / 10_000, "the difference is 1e-4 at most");
    }
}
