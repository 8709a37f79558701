using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TokenSamplerTests
{
    [Fact]
    public void Draws_follow_the_distribution()
    {
        using var scope = NewDisposeScope();
        double[] probabilities = [0.5, 0.25, 0.15, 0.1];
        const int draws = 20_000;
        Tensor logits = tensor(probabilities.Select(p => (float)Math.Log(p)).ToArray()).unsqueeze(0).expand(draws, -1);
        double[] uniform = [.. Enumerable.Range(0, draws).Select(n => RandomUniform.At(RandomUniform.Stream(3, 0, 0), n))];
        (Tensor tokens, Tensor logs) = TokenSampler.Sample(logits, new GenerationOptions(), seen: null, uniform);
        long[] drawn = [.. tokens.data<long>()];
        for (int token = 0; token < probabilities.Length; token++)
            ((double)drawn.Count(t => t == token) / draws).Should().BeApproximately(probabilities[token], 0.015);
        logs.data<float>().Zip(drawn, (log, token) => Math.Abs(Math.Exp(log) - probabilities[token])).Max().Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1 - 1.0 / (1L << 53))]
    public void The_ends_of_the_unit_interval_never_draw_an_impossible_token(double uniform)
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(new[] { float.NegativeInfinity, 1f, 2f, float.NegativeInfinity }).unsqueeze(0);
        long token = TokenSampler.Sample(logits, new GenerationOptions(), seen: null, [uniform]).Tokens.ToInt64();
        token.Should().Be(uniform == 0 ? 1 : 2);
    }

    [Fact]
    public void Greedy_takes_the_most_probable_token_and_reports_the_models_own_probability()
    {
        using var scope = NewDisposeScope();
        (Tensor tokens, Tensor logs) = TokenSampler.Sample(tensor(new[] { 0f, 3f, 1f }).unsqueeze(0), new GenerationOptions { Temperature = 0 }, seen: null, [0.9]);
        tokens.ToInt64().Should().Be(1);
        logs.ToDouble().Should().BeApproximately(3 - Math.Log(1 + Math.Exp(3) + Math.Exp(1)), 1e-6);
    }
}
