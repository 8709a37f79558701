using CsCheck;
using TorchSharp;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class FlashAttentionGradientTests
{
    private const int Rows = 3;
    private const int KeyHeads = 2;

    public FlashAttentionGradientTests() => RequireSupport();

    [Theory]
    [InlineData(1, 16, 2, null)]
    [InlineData(63, 48, 2, null)]
    [InlineData(64, 64, 6, null)]
    [InlineData(65, 128, 4, null)]
    [InlineData(200, 16, 6, null)]
    [InlineData(200, 64, 2, null)]
    [InlineData(65, 16, 6, 1)]
    [InlineData(200, 48, 4, 17)]
    [InlineData(200, 16, 2, 64)]
    [InlineData(200, 64, 6, 130)]
    [InlineData(200, 16, 6, 500)]
    public void Is_that_of_the_definition(int length, int size, int heads, int? window)
    {
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
            Check(() => Compare(new Case(type, length, size, heads, window), Random(type, 2, Rows, length, heads * size)));
    }

    [Fact]
    public void Is_that_of_the_definition_at_any_size() => Gen
        .Select(Types, Gen.Int[1, 200], Gen.Int[1, 8], Gen.Int[1, 3], Gen.Int[0, 150])
        .Sample((type, length, sixteenths, group, window) => Check(() => Compare(
            new Case(type, length, 16 * sixteenths, group * KeyHeads, window == 0 ? null : window),
            Random(type, 2, Rows, length, group * KeyHeads * 16 * sixteenths))), iter: 40);

    [Fact]
    public void Queries_without_a_gradient_are_left_out() => Gen
        .Select(Types, Gen.Int[1, 200], Gen.Int[0, 200], Gen.Int[0, 200], Gen.Int[0, 100])
        .Sample((type, length, start, count, window) => Check(() =>
        {
            Tensor gradient = Random(type, 2, Rows, length, 4 * 16);
            // Those of some queries in the middle, of one head, and of a row.
            gradient.narrow(1, Math.Min(start, length), Math.Clamp(length - start, 0, count)).zero_();
            gradient.narrow(2, 16, 16).zero_();
            gradient[2].zero_();
            Compare(new Case(type, length, 16, 4, window == 0 ? null : window), gradient);
        }), iter: 40);

    [Fact]
    public void A_row_without_a_gradient_is_not_read() => Check(() =>
    {
        var one = new Case(ScalarType.Float32, 130, 32, 4, Window: null);
        Tensor projected = one.Projected(), gradient = Random(ScalarType.Float32, 2, Rows, 130, 4 * 32);
        projected[1].fill_(float.NaN);
        gradient[1].zero_();
        gradient[1].neg_();
        Tensor found = one.Differentiate(projected, gradient);
        found[1].count_nonzero().ToInt64().Should().Be(0);
        found.isfinite().all().ToBoolean().Should().BeTrue();
    });

    [Fact]
    public void A_number_that_is_none_shows() => Check(() =>
    {
        var one = new Case(ScalarType.Float32, 130, 32, 4, Window: null);
        Tensor gradient = zeros(Rows, 130, 4 * 32);
        gradient[1, 70, 5] = float.NaN;
        Tensor found = one.Differentiate(one.Projected(), gradient).isnan().any(-1);                                          // [B, T, all heads]
        found[1, 70, 0].ToBoolean().Should().BeTrue("the query itself");
        found[1].narrow(0, 0, 71).select(1, 4).all().ToBoolean().Should().BeTrue("the keys that it sees");
        found[1].narrow(0, 80, 50).any().ToBoolean().Should().BeFalse("nothing after it, but for keys of the same vector");
        found[0].any().ToBoolean().Should().BeFalse();
    });

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Any_number_of_threads_gives_the_same_bits(ScalarType type) => Check(() =>
    {
        var one = new Case(type, 200, 32, 6, Window: null);
        Tensor projected = one.Projected(), gradient = Random(type, 2, Rows, 200, 6 * 32);
        int before = get_num_threads();
        try
        {
            Tensor[] found = [.. ((int[])[1, 2, 3, 8]).Select(threads =>
            {
                set_num_threads(threads);
                return one.Differentiate(projected, gradient);
            })];
            foreach (Tensor other in found[1..]) other.Equals(found[0]).Should().BeTrue();
        }
        finally
        {
            set_num_threads(before);
        }
    });

    [Fact]
    public void Far_apart_scores_neither_overflow_nor_vanish() => Check(() =>
    {
        var one = new Case(ScalarType.Float32, 130, 16, 4, Window: null);
        Tensor found = one.Differentiate(one.Projected() * 40f, Random(ScalarType.Float32, 2, Rows, 130, 4 * 16));
        found.isfinite().all().ToBoolean().Should().BeTrue();
        found.narrow(2, 6, 2).abs().max().ToDouble().Should().BeGreaterThan(1, "values have a gradient wherever they are seen");
    });

    private static void Compare(Case one, Tensor gradient)
    {
        Tensor projected = one.Projected(), found = one.Differentiate(projected, gradient), expected = one.Expected(projected, gradient);
        found.dtype.Should().Be(one.Type);
        // Queries, keys and values apart: those of values are the largest by far.
        int keys = one.Heads + KeyHeads;
        Close(found.narrow(2, 0, one.Heads), expected.narrow(2, 0, one.Heads));
        Close(found.narrow(2, one.Heads, KeyHeads), expected.narrow(2, one.Heads, KeyHeads));
        Close(found.narrow(2, keys, KeyHeads), expected.narrow(2, keys, KeyHeads));
    }

    private sealed record Case(ScalarType Type, int Length, int Size, int Heads, int? Window)
    {
        public Tensor Projected() => Random(Type, 1, Rows, Length, Heads + 2 * KeyHeads, Size);

        public Tensor Differentiate(Tensor projected, Tensor gradient)
        {
            (Tensor output, Tensor? logSumExp, _) = FlashAttention.Apply(projected, KeyHeads, padding: null, Window, statistics: true);
            (Tensor cos, Tensor sin) = Rotation();
            return FlashAttentionGradient.Apply(projected, KeyHeads, Window, output, logSumExp!, gradient, cos, sin);
        }

        /// <summary>By torch, in float64: that of what was turned, and from it that of what was not.</summary>
        public Tensor Expected(Tensor projected, Tensor gradient)
        {
            using var recording = enable_grad();
            Tensor wide = projected.to(ScalarType.Float64).requires_grad_(true), heads = wide.transpose(1, 2);
            Tensor keys = heads.narrow(1, Heads, KeyHeads).repeat_interleave(Heads / KeyHeads, 1),
                values = heads.narrow(1, Heads + KeyHeads, KeyHeads).repeat_interleave(Heads / KeyHeads, 1);
            Tensor positions = arange(Length), behind = positions.unsqueeze(1) - positions.unsqueeze(0);
            Tensor visible = behind.ge(0).logical_and(behind.lt(Window ?? Length));
            Tensor scores = matmul(heads.narrow(1, 0, Heads), keys.transpose(2, 3)) / Math.Sqrt(Size);
            Tensor weights = scores.masked_fill(visible.logical_not(), double.NegativeInfinity).softmax(-1);
            Tensor output = matmul(weights, values).transpose(1, 2).reshape(Rows, Length, Heads * Size);
            Tensor turned = autograd.grad([output], [wide], [gradient.to(ScalarType.Float64)])[0];

            (Tensor cos, Tensor sin) = Rotation();
            Tensor before = zeros_like(turned).requires_grad_(true), qk = before.narrow(2, 0, Heads + KeyHeads);
            Tensor after = cat([qk * cos + qk.roll(Size / 2, -1) * sin, before.narrow(2, Heads + KeyHeads, KeyHeads)], 2);
            return autograd.grad([after], [before], [turned])[0];
        }

        private (Tensor Cos, Tensor SignedSin) Rotation()
        {
            Tensor angles = arange(Length, ScalarType.Float32).unsqueeze(1) * (arange(Size / 2, ScalarType.Float32) * -0.2f).exp().unsqueeze(0);
            Tensor cos = angles.cos() * 1.25f, sin = angles.sin() * 1.25f;
            return (cat([cos, cos], 1).unsqueeze(1), cat([-sin, sin], 1).unsqueeze(1));
        }
    }
}
