using CsCheck;
using TorchSharp;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class FlashAttentionTests
{
    private const int KeyHeads = 2;
    private const int Heads = 6;

    public FlashAttentionTests() => RequireSupport();

    [Fact]
    public void Equals_the_definition_with_padding_and_windows() =>
        Gen.Select(Types, Gen.Int[1, 200], Gen.Int[1, 9], Gen.Int[0, 150], Gen.Int[0, 100]).Sample((type, length, sixteenths, padding, window) => Check(() =>
        {
            int size = 16 * sixteenths;
            int[] padded = [Math.Min(padding, length - 1), 0];
            Tensor projected = Random(type, 1, 2, length, Heads + 2 * KeyHeads, size);
            (Tensor output, Tensor? logSumExp, Tensor? distance) = FlashAttention.Apply(
                projected, KeyHeads, padded, window == 0 ? null : window, statistics: true);

            Tensor wide = projected.to(ScalarType.Float64).transpose(1, 2),
                keys = wide.narrow(1, Heads, KeyHeads),
                values = wide.narrow(1, Heads + KeyHeads, KeyHeads);
            Tensor positions = arange(length, ScalarType.Float64), behind = positions.unsqueeze(1) - positions.unsqueeze(0);
            Tensor visible = behind.ge(0).logical_and(behind.lt(window == 0 ? length : window)).logical_and(positions.ge(tensor(padded).view(2, 1, 1, 1)));
            Tensor scores = matmul(wide.narrow(1, 0, Heads), keys.repeat_interleave(Heads / KeyHeads, 1).transpose(2, 3)) / Math.Sqrt(size);
            Tensor weights = scores.masked_fill(visible.logical_not(), -1e300).softmax(-1) * visible;
            Close(output.view(2, length, Heads, size).transpose(1, 2), matmul(weights, values.repeat_interleave(Heads / KeyHeads, 1)));

            for (int row = 0; row < 2; row++)
            {
                int real = length - padded[row];
                Close(
                    logSumExp![row].narrow(1, padded[row], real),
                    scores.masked_fill(visible.logical_not(), double.NegativeInfinity)[row].narrow(1, padded[row], real).logsumexp(-1));
                Close(distance![row].narrow(1, padded[row], real), (weights * behind)[row].narrow(1, padded[row], real).sum(-1));
            }
        }), iter: 40);

    [Fact]
    public void Statistics_alone_are_the_same_and_do_not_read_values() =>
        Gen.Select(Types, Gen.Int[1, 150], Gen.Int[0, 100]).Sample((type, length, window) => Check(() =>
        {
            Tensor projected = Random(type, 1, 2, length, Heads + 2 * KeyHeads, 16);
            (_, Tensor? logSumExp, Tensor? distance) = FlashAttention.Apply(projected, KeyHeads, null, window == 0 ? null : window, statistics: true);
            projected.narrow(2, Heads + KeyHeads, KeyHeads).fill_(float.NaN);
            (Tensor sumAlone, Tensor distanceAlone) = FlashAttention.Measure(projected, KeyHeads, window == 0 ? null : window);
            sumAlone.Equals(logSumExp!).Should().BeTrue();
            distanceAlone.Equals(distance!).Should().BeTrue();
        }), iter: 20);

    [Fact]
    public void Far_apart_scores_neither_overflow_nor_vanish() => Check(() =>
    {
        Tensor projected = Random(ScalarType.Float32, 1, 1, 130, Heads + 2 * KeyHeads, 16) * 40f;
        (Tensor output, Tensor? logSumExp, _) = FlashAttention.Apply(projected, KeyHeads, null, null, statistics: true);
        output.isfinite().all().ToBoolean().Should().BeTrue();
        logSumExp!.abs().max().ToDouble().Should().BeGreaterThan(1000, "scores that far apart are what is tested");
        Tensor wide = projected.to(ScalarType.Float64).transpose(1, 2);
        Tensor expected = nn.functional.scaled_dot_product_attention(
            wide.narrow(1, 0, Heads),
            wide.narrow(1, Heads, KeyHeads).repeat_interleave(3, 1),
            wide.narrow(1, Heads + KeyHeads, KeyHeads).repeat_interleave(3, 1),
            is_casual: true);
        // A score of some thousands is exact to some 1e-4 in float32, and its weight to as much.
        (output.view(1, 130, Heads, 16).transpose(1, 2) - expected).abs().max().ToDouble().Should().BeLessThan(0.05, "values are around 40");
    });

    [Fact]
    public void A_number_that_is_none_shows_in_the_output() => Check(() =>
    {
        Tensor projected = Random(ScalarType.Float32, 1, 1, 70, Heads + 2 * KeyHeads, 16);
        projected[0, 66, 0, 3] = float.NaN;
        (Tensor output, _, _) = FlashAttention.Apply(projected, KeyHeads, null, null, statistics: false);
        output.view(70, Heads, 16).isnan().any(-1).sum().ToInt64().Should().Be(1, "one query of one head holds it");
    });

    [Fact]
    public void A_key_that_is_no_number_shows_in_every_query_that_sees_it() => Check(() =>
    {
        Tensor projected = Random(ScalarType.Float32, 1, 1, 140, Heads + 2 * KeyHeads, 16);
        projected[0, 66, Heads, 3] = float.NaN;
        (Tensor output, _, _) = FlashAttention.Apply(projected, KeyHeads, null, null, statistics: false);
        output.view(140, Heads, 16).isnan().any(-1).sum(1).data<long>().ToArray()
            .Should().Equal(Enumerable.Range(0, 140).Select(query => query < 66 ? 0L : Heads / KeyHeads));
    });

    [Theory]
    [InlineData(64, true)]
    [InlineData(80, true)]
    [InlineData(8, false)]
    [InlineData(72, false)]
    public void Covers_heads_of_whole_vectors(int size, bool covered) => FlashAttention.Covers(size).Should().Be(covered);
}
