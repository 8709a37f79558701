using CsCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class AttentionSpansTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Spans_equal_the_mean_distance_of_the_whole_map_with_and_without_a_window(bool gradient) =>
        Gen.Select(Gen.Int[1, 1300], Gen.Int[0, 40], Gen.OneOf(Gen.Const(0), Gen.Int[1, 700]), Gen.Int[1, 2]).Sample((length, prompt, window, shared) =>
        {
            using var scope = NewDisposeScope();
            // Without gradient a kernel does the work where the machine has what it needs.
            using var mode = set_grad_enabled(gradient);
            int first = Math.Min(prompt, length - 1), visible = window == 0 ? length : window;
            Tensor q = randn(1, 2, length, 8) * 2, k = randn(1, 2 / shared, length, 8), isResponse = zeros(1, 1, length);
            isResponse.narrow(2, first, length - first).fill_(1);
            Tensor hidden = ones(length, length, dtype: ScalarType.Bool).tril().triu(1 - visible).logical_not();
            Tensor scores = (matmul(q, k.repeat_interleave(shared, 1).transpose(2, 3)) / Math.Sqrt(8)).masked_fill_(hidden, float.NegativeInfinity),
                map = scores.softmax(-1);
            Tensor distance = arange(length, ScalarType.Float32).unsqueeze(1) - arange(length, ScalarType.Float32).unsqueeze(0);
            double[] expected = [.. (map * distance).sum(-1).narrow(2, first, length - first).mean([2]).to(ScalarType.Float64).data<double>()];
            double[,] found = AttentionSpans.Mean(
                AttentionSpans.Distances(new ObservedHeads(q, k, scores.logsumexp(-1)), window == 0 ? null : window),
                isResponse, [length - first]);
            for (int head = 0; head < 2; head++) found[0, head].Should().BeApproximately(expected[head], 2e-3);
        }, iter: 25, threads: 1);
}
