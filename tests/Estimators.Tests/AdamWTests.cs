using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public class AdamWTests
{
    private const double Rate = 0.01, Decay = 0.1;

    [Fact]
    public void Nothing_is_left_of_one_that_could_not_be_made()
    {
        using Tensor first = ones(3);
        Tensor gone = ones(3);
        gone.Dispose();
        long before = LiveTensors.Settle();
        FluentActions.Invoking(() => new AdamW([("a", first), ("b", gone)], new PolicyOptimizationOptions())).Should().Throw<Exception>();
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void Parameters_after_several_updates_equal_the_formula_in_double()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        Tensor weight = randn([4, 5], generator: generator), norm = randn([5], generator: generator);
        using var optimizer = new AdamW([("layer.weight", weight), ("layer.norm.weight", norm)], Options());
        double[][] expected = [Doubles(weight), Doubles(norm)];
        double[][] first = [new double[20], new double[5]], second = [new double[20], new double[5]];

        for (int step = 1; step <= 4; step++)
        {
            Tensor[] gradients = [randn([4, 5], generator: generator), randn([5], generator: generator)];
            for (int p = 0; p < 2; p++)
            {
                double[] g = Doubles(gradients[p]);
                for (int i = 0; i < g.Length; i++)
                {
                    expected[p][i] *= p == 0 ? 1 - Rate * Decay : 1;
                    first[p][i] = 0.9 * first[p][i] + 0.1 * g[i];
                    second[p][i] = 0.999 * second[p][i] + 0.001 * g[i] * g[i];
                    expected[p][i] -= Rate * (first[p][i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(second[p][i] / (1 - Math.Pow(0.999, step))) + 1e-8);
                }
            }
            optimizer.Step(gradients, Rate);
        }

        weight.ShouldBe(tensor(expected[0], [4, 5]), 1e-6, "decayed weight");
        norm.ShouldBe(tensor(expected[1]), 1e-6, "norm weight, not decayed");
    }

    [Fact]
    public void Clipping_scales_all_gradients_to_the_allowed_norm_and_tells_the_norm_before()
    {
        using var scope = NewDisposeScope();
        Tensor[] gradients = [tensor(new float[] { 3, 0 }), tensor(new float[] { 0, 4 })];
        using var optimizer = new AdamW([("a", zeros(2)), ("b", zeros(2))], Options());

        optimizer.Clip(gradients).Should().BeApproximately(5, 1e-6);

        gradients[0].ShouldBe(tensor(new[] { 0.6, 0 }), 1e-6, "first");
        gradients[1].ShouldBe(tensor(new[] { 0, 0.8 }), 1e-6, "second");
    }

    [Theory]
    [InlineData(0.3f, 1)]
    [InlineData(300, double.PositiveInfinity)]
    [InlineData(300, 0)]
    public void Gradients_below_the_allowed_norm_or_without_one_stay_as_they_are(float size, double allowed)
    {
        using var scope = NewDisposeScope();
        Tensor[] gradients = [tensor(new[] { size, 0 })];
        using var optimizer = new AdamW([("a", zeros(2))], Options() with { MaxGradientNorm = allowed });

        optimizer.Clip(gradients).Should().BeApproximately(size, 1e-4);

        gradients[0].ShouldBe(tensor(new double[] { size, 0 }), 1e-7, "unchanged");
    }

    [Fact]
    public void Steps_leave_no_live_tensor_behind()
    {
        using var scope = NewDisposeScope();
        Tensor[] gradients = [ones(3)];
        using var optimizer = new AdamW([("a", zeros(3))], Options());
        Update();
        long live = Tensor.TotalCount;

        for (int i = 0; i < 20; i++) Update();

        Tensor.TotalCount.Should().Be(live);

        void Update()
        {
            optimizer.Clip(gradients);
            optimizer.Step(gradients, Rate);
        }
    }

    private static SupervisedFineTuningOptions Options() => new() { WeightDecay = Decay };

    private static double[] Doubles(Tensor tensor) => [.. tensor.to(ScalarType.Float64).flatten().data<double>()];
}
