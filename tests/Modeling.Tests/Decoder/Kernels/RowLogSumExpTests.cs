using CsCheck;
using TorchSharp;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class RowLogSumExpTests
{
    [Fact]
    public void Equals_the_definition_in_float64_where_keys_are_hidden_too() => Gen
        .Select(Gen.Int[1, 40], Gen.Int[1, 100], Gen.Float[0.1f, 30])
        .Sample((rows, length, scale) => Check(() =>
        {
            int seen = (length + 1) / 2;
            Tensor scores = Random(ScalarType.Float32, rows, 2, rows, length) * scale;
            scores.narrow(2, seen, length - seen).narrow(1, 0, rows / 2).fill_(float.NegativeInfinity);
            Tensor found = RowLogSumExp.Of(scores, scores.softmax(-1)), expected = scores.to(ScalarType.Float64).logsumexp(-1);
            found.shape.Should().Equal(2, rows);
            (found - expected).abs().max().ToDouble().Should().BeLessThan(2e-5);
        }), iter: 80);

    [Theory]
    [InlineData(5)]
    [InlineData(40)]
    public void A_row_without_softmax_has_no_number(int length) => Check(() =>
    {
        Tensor scores = Random(ScalarType.Float32, 1, length + 1, length);
        for (int row = 0; row < length; row++) scores[row, row] = float.NaN;
        RowLogSumExp.Of(scores, scores.softmax(-1)).data<float>().ToArray().Select(float.IsNaN)
            .Should().Equal(Enumerable.Range(0, length + 1).Select(row => row < length));
    });

    [Fact]
    public void Where_kernels_do_not_run_torch_gives_the_same() => Check(() =>
    {
        Tensor scores = Random(ScalarType.Float32, 1, 3, 7, 33).to(ScalarType.Float64);
        (RowLogSumExp.Of(scores, scores.softmax(-1)) - scores.logsumexp(-1)).abs().max().ToDouble().Should().BeLessThan(1e-12);
    });
}
