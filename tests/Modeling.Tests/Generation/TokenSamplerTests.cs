using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TokenSamplerTests
{
    [Fact]
    public void Draws_follow_the_distribution_and_report_its_logarithms()
    {
        using var scope = NewDisposeScope();
        double[] probabilities = [0.5, 0.25, 0.15, 0.1];
        const int draws = 20_000;
        Tensor logits = tensor(probabilities.Select(p => (float)Math.Log(p)).ToArray()).unsqueeze(0).expand(draws, -1);
        (Tensor tokens, Tensor logs, _) = TokenSampler.Sample(logits, new GenerationOptions(), seen: null, Streams(draws));
        long[] drawn = [.. tokens.data<long>()];
        for (int token = 0; token < probabilities.Length; token++)
            ((double)drawn.Count(t => t == token) / draws).Should().BeApproximately(probabilities[token], 0.015);
        logs.data<float>().Zip(drawn, (log, token) => Math.Abs(Math.Exp(log) - probabilities[token])).Max().Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Top_p_of_0_leaves_the_most_probable_token_and_equals_stay_together()
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(new[] { 1f, 3f, 2f, 2f, -50f }).unsqueeze(0);
        Kept(new() { TopP = 0 }).Should().Equal(1);
        Kept(new() { TopP = 0.6 }).Should().Equal(1, 2, 3);
        Kept(new() { TopK = 2 }).Should().Equal([1, 2, 3], "transformers keeps equals, too");
        Kept(new() { MinP = 0.2 }).Should().Equal(1, 2, 3);

        int[] Kept(GenerationOptions options) =>
            [.. TokenSampler.Distribution(logits, options, seen: null).squeeze(0).data<float>()
                .Select((p, i) => (p, i))
                .Where(it => it.p > 0)
                .Select(it => it.i)];
    }

    [Fact]
    public void What_could_have_been_drawn_is_told_where_it_is_asked_for_and_not_everything()
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(new[] { 1f, 3f, 2f, 2f, -50f, 0f, 0f, 9f, 0f, 0f }).view(2, 5);
        int[]?[] kept = TokenSampler.Sample(logits, new GenerationOptions { TopP = 0.6, KeepsIds = true }, seen: null, Streams(2)).KeptIds!;
        kept[0].Should().Equal(1, 2, 3);
        kept[1].Should().Equal(2);
        TokenSampler.Sample(logits, new GenerationOptions { MinP = 1e-30, KeepsIds = true }, seen: null, Streams(2)).KeptIds
            .Should().Equal([null, null], "everything can be drawn");
        TokenSampler.Sample(logits, new GenerationOptions { TopP = 0.6 }, seen: null, Streams(2)).KeptIds.Should().BeNull();
        TokenSampler.Sample(logits, new GenerationOptions { KeepsIds = true }, seen: null, Streams(2)).KeptIds.Should().BeNull();
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(1.0, 1.0)]
    [InlineData(1.0, 0.9)]
    public void A_row_whose_logits_are_not_finite_has_no_probability_and_spoils_no_other(double temperature, double topP)
    {
        using var scope = NewDisposeScope();
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity])
        {
            Tensor logits = tensor(new[] { 1f, bad, 1f, 2f }).view(2, 2);
            var options = new GenerationOptions { Temperature = temperature, TopP = topP, MinP = 0.01, KeepsIds = true };
            (Tensor tokens, Tensor logs, _) = TokenSampler.Sample(logits, options, seen: null, Streams(2));
            logs.data<float>().Select(float.IsNaN).Should().Equal(true, false);
            tokens.data<long>().Should().OnlyContain(token => token == 0 || token == 1);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2 * 3 * sizeof(float) + 1)]
    [InlineData(1000)]
    public void Rows_that_are_looked_at_in_blocks_keep_their_numbers(int blockBytes)
    {
        using var scope = NewDisposeScope();
        Tensor values = arange(15, dtype: ScalarType.Float32).view(3, 5).t();
        TokenSampler.PerRow(values, (row, index) => (index, string.Join(' ', row.ToArray())), blockBytes)
            .Should().Equal((0, "0 5 10"), (1, "1 6 11"), (2, "2 7 12"), (3, "3 8 13"), (4, "4 9 14"));
    }

    [Fact]
    public void Greedy_takes_the_most_probable_token_and_reports_the_models_own_probability()
    {
        using var scope = NewDisposeScope();
        (Tensor tokens, Tensor logs, _) = TokenSampler.Sample(
            tensor(new[] { 0f, 3f, 1f }).unsqueeze(0), new GenerationOptions { Temperature = 0 }, seen: null, Streams(1));
        tokens.ToInt64().Should().Be(1);
        logs.ToDouble().Should().BeApproximately(3 - Math.Log(1 + Math.Exp(3) + Math.Exp(1)), 1e-6);
    }

    private static ulong[] Streams(int count) => [.. Enumerable.Range(0, count).Select(n => RandomUniform.Stream(3, n, 0))];
}
