using CsCheck;
using TorchSharp;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class RowScoresTests
{
    public RowScoresTests() => RequireSupport();

    [Fact]
    public void Equal_log_softmax_and_entropy_in_float64() => Gen
        .Select(Gen.Int[1, 30], Gen.Int[1, 300], Gen.Double[0.2, 3], Gen.Bool)
        .Sample((rows, width, temperature, excludes) => Check(() =>
        {
            Tensor logits = Random(ScalarType.BFloat16, 1, rows, width) * 6f, targets = zeros(rows, ScalarType.Int64);
            if (excludes && width > 1) logits.select(1, width - 1).fill_(float.NegativeInfinity);
            Tensor logProbabilities = empty(rows), entropies = empty(rows);
            RowScores.Fill(logits, targets, temperature, logProbabilities, entropies);

            Tensor logDistribution = (logits.to(ScalarType.Float64) / temperature).log_softmax(1), p = logDistribution.exp();
            (logProbabilities - logDistribution.select(1, 0)).abs().max().ToDouble().Should().BeLessThan(2e-5);
            (entropies + (p * logDistribution.clamp_min(-1e300)).sum(1)).abs().max().ToDouble().Should().BeLessThan(2e-5);
        }), iter: 80);

    [Fact]
    public void A_row_that_is_not_finite_has_no_number() => Check(() =>
    {
        Tensor logits = Random(ScalarType.BFloat16, 1, 41, 40), logProbabilities = empty(41);
        for (int row = 0; row < 40; row++) logits[row, row] = float.NaN;
        RowScores.Fill(logits, zeros(41, ScalarType.Int64), 1, logProbabilities, entropies: null);
        logProbabilities.data<float>().ToArray().Select(float.IsNaN).Should().Equal(Enumerable.Range(0, 41).Select(row => row < 40));
    });
}
