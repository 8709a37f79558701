using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class AttentionBandsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bands_equal_sums_over_the_whole_map(bool gradient) => Gen
        .Select(Gen.Int[1, 300], Gen.Int[0, 20], Gen.Int[1, 30], Gen.Int[0, 12], Gen.Int[0, 80], Gen.Bool)
        .Sample((length, prompt, window, low, extent, slides) =>
        {
            using var scope = NewDisposeScope();
            // Without gradient kernels do the work where the machine has what they need.
            using var mode = set_grad_enabled(gradient);
            int first = Math.Min(prompt, length - 1), high = low + extent, visible = slides ? 17 : int.MaxValue;
            // Two of the four heads, which share keys by twos; queries and keys lie as a projection leaves them.
            int[] heads = [3, 0];
            Tensor q = (randn(2, length, 4, 8) * 2).transpose(1, 2), k = randn(2, length, 2, 8).transpose(1, 2);
            Tensor distance = arange(length, ScalarType.Float32).unsqueeze(1) - arange(length, ScalarType.Float32).unsqueeze(0);
            Tensor hidden = distance.lt(0).logical_or_(distance.ge((float)visible));
            Tensor scores = (matmul(q, k.repeat_interleave(2, 1).transpose(-1, -2)) / Math.Sqrt(8)).masked_fill_(hidden, float.NegativeInfinity),
                map = scores.softmax(-1),
                lse = scores.logsumexp(-1);

            var observed = new ObservedHeads(q, k, lse, heads);
            map = map.index_select(1, tensor([3L, 0L]));

            Tensor waad = (map * distance.clamp(0, window)).sum(-1);
            Tensor found = AttentionBands.WindowedDistance(observed, window, visible, first);
            Same(found.narrow(2, first, length - first), waad.narrow(2, first, length - first), 2e-4);

            Tensor isResponse = zeros(2, 1, length);
            isResponse.narrow(2, first, length - first).fill_(1);
            Tensor band = distance.ge(low).logical_and_(distance.le(high)).to(ScalarType.Float32) * isResponse.unsqueeze(-1);
            Same(AttentionBands.FutureSum(observed, low, Math.Min(high, visible - 1), first, isResponse), (map * band).sum(-2), 1e-4);
        }, iter: 60, threads: 1);

    private static void Same(Tensor found, Tensor expected, double tolerance) => (found - expected).abs().max().ToDouble().Should().BeLessThan(tolerance);
}
