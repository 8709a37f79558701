using CsCheck;
using TorchSharp;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Every kernel against the operations of torch that it stands for, in both types, at sizes with and without remainders.</summary>
public sealed class KernelTests
{
    private static readonly Gen<(ScalarType Type, int Rows, int Width)> Shapes = Gen.Select(Types, Gen.Int[1, 40], Gen.Int[1, 90]);

    public KernelTests() => RequireSupport();

    [Fact]
    public void Kernels_cover_both_types_without_gradient_only()
    {
        using Tensor single = zeros(2), half = zeros(2, dtype: ScalarType.BFloat16), wide = zeros(2, dtype: ScalarType.Float64);
        KernelSupport.Covers(single).Should().BeFalse("a gradient could be wanted");
        KernelSupport.Reaches(single).Should().BeTrue("one kernel has a gradient");
        KernelSupport.Reaches(wide).Should().BeFalse();
        using var noGradient = no_grad();
        KernelSupport.Covers(single).Should().BeTrue();
        KernelSupport.Covers(half).Should().BeTrue();
        KernelSupport.Covers(wide).Should().BeFalse();
    }

    [Fact]
    public void Norm_of_a_sum() => Shapes.Sample((type, rows, width) => Check(() =>
    {
        Tensor x = Random(type, 1, rows, width), added = Random(type, 2, rows, width), weight = Random(type, 3, width);
        (Tensor sum, Tensor norm) = RootMeanSquareNorm.Add(x.clone(), added, weight, 1e-5, fused: true);
        (Tensor expectedSum, Tensor expected) = RootMeanSquareNorm.Add(x, added, weight, 1e-5, fused: false);
        Close(sum, expectedSum);
        Close(norm, expected);
        Close(
            RootMeanSquareNorm.Add(x.clone(), null, weight, 1e-5, fused: true).Normalized,
            RootMeanSquareNorm.Add(x, null, weight, 1e-5, fused: false).Normalized);
    }), iter: 60);

    [Fact]
    public void Gated_unit() => Shapes.Sample((type, rows, width) => Check(() =>
    {
        Tensor gateUp = Random(type, 4, rows, 2 * width) * 5f;
        Close(GatedUnit.Apply(gateUp, fused: true), GatedUnit.Apply(gateUp, fused: false));
    }), iter: 60);

    [Fact]
    public void Rotation_in_place_with_and_without_norms() => Gen
        .Select(Shapes, Gen.OneOf(Gen.Int[1, 40], Gen.Const(8)), Gen.Bool, Gen.Int[0, 30])
        .Sample((shape, half, norms, start) => Check(() =>
        {
            DecoderConfig config = Config(headDimension: 2 * half);
            using var rotary = new RotaryEmbedding(config, shape.Type, CPU);
            Tensor? queryNorm = norms ? Random(shape.Type, 5, 2 * half) : null, keyNorm = norms ? Random(shape.Type, 6, 2 * half) : null;
            Tensor projected = Random(shape.Type, 7, 2, Math.Min(shape.Rows, 9), 8, 2 * half);
            Tensor queries = projected.narrow(2, 0, 4), keys = projected.narrow(2, 4, 2), values = projected.narrow(2, 6, 2);
            if (norms)
                (queries, keys) = (
                    RootMeanSquareNorm.Apply(queries, queryNorm!, config.RmsNormEpsilon),
                    RootMeanSquareNorm.Apply(keys, keyNorm!, config.RmsNormEpsilon));
            Tensor expected = cat([rotary.Apply(cat([queries, keys], 2), start), values], 2);
            Tensor inPlace = projected.clone();
            rotary.ApplyInPlace(inPlace, Layer(queryNorm, keyNorm), config, start);
            Close(inPlace, expected);
        }), iter: 60);

    [Fact]
    public void Attention_over_the_cache() => Gen
        .Select(Shapes, Gen.Int[0, 70], Gen.Int[0, 20], Gen.Bool)
        .Sample((shape, past, padding, windowed) => Check(() =>
        {
            int size = shape.Width, capacity = past + 3;
            int[] padded = [Math.Min(padding, past), 0];
            int? window = windowed ? 1 + past / 2 : null;
            Tensor keys = Random(shape.Type, 8, 2, 2, capacity, size),
                values = Random(shape.Type, 9, 2, 2, capacity, size),
                projected = Random(shape.Type, 10, 2, 1, 10, size);
            Tensor found = CachedAttention.Apply(projected, keys, values, past, padded, window);

            keys.narrow(2, past, 1).Should().Match<Tensor>(stored => stored.squeeze(2).equal(projected.narrow(2, 6, 2).squeeze(1)).all().ToBoolean());
            Tensor position = arange(past + 1), visible = position.ge(tensor(padded).unsqueeze(1));
            if (window is { } width) visible = visible.logical_and(position.gt(past - width));
            Tensor wide(Tensor x) => x.to(ScalarType.Float64);
            Tensor scores = matmul(
                wide(projected.narrow(2, 0, 6)).transpose(1, 2),
                wide(keys.narrow(2, 0, past + 1)).repeat_interleave(3, 1).transpose(2, 3))
                / Math.Sqrt(size);
            Tensor weights = nn.functional.softmax(scores.masked_fill(visible.logical_not().view(2, 1, 1, -1), double.NegativeInfinity), -1);
            Close(found.view(2, 6, size), matmul(weights, wide(values.narrow(2, 0, past + 1)).repeat_interleave(3, 1)).squeeze(2));
        }), iter: 80);

    [Theory]
    [InlineData(15)]
    [InlineData(20)]
    public void A_cached_key_that_is_no_number_makes_the_output_of_its_row_no_number(int past) => Check(() =>
    {
        Tensor keys = Random(ScalarType.Float32, 11, 2, 1, past + 1, 16),
            values = Random(ScalarType.Float32, 12, 2, 1, past + 1, 16),
            projected = Random(ScalarType.Float32, 13, 2, 1, 3, 16);
        keys[1, 0, 3].fill_(float.NaN);
        Tensor found = CachedAttention.Apply(projected, keys, values, past, padding: null, window: null);
        found[0].isfinite().all().ToBoolean().Should().BeTrue();
        found[1].isnan().all().ToBoolean().Should().BeTrue();
    });

    private static DecoderConfig Config(int headDimension) => new()
    {
        VocabularySize = 10,
        HiddenSize = 16,
        IntermediateSize = 16,
        LayerCount = 1,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        HeadDimension = headDimension,
        MaxPositionEmbeddings = 64,
    };

    private static DecoderLayer Layer(Tensor? queryNorm, Tensor? keyNorm)
    {
        Tensor none = empty(0);
        var linear = new Linear(none, null);
        return new DecoderLayer
        {
            InputNorm = none,
            QueryKeyValue = linear,
            QueryNorm = queryNorm,
            KeyNorm = keyNorm,
            AttentionOutput = linear,
            PostAttentionNorm = none,
            GateUp = linear,
            Down = linear,
        };
    }
}
