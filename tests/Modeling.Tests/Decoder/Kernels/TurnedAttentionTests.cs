using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TurnedAttentionTests
{
    private const int Heads = 4;
    private const int KeyHeads = 2;

    public TurnedAttentionTests() => RequireSupport();

    [Theory]
    [InlineData(ScalarType.Float32, null)]
    [InlineData(ScalarType.Float32, 20)]
    [InlineData(ScalarType.BFloat16, null)]
    [InlineData(ScalarType.BFloat16, 20)]
    public void Output_and_gradient_are_those_of_torchs_operations(ScalarType type, int? window)
    {
        using var scope = NewDisposeScope();
        using RotaryEmbedding rotary = Rotary(type);
        Tensor input = Random(type, 1, 40, 110, 24).requires_grad_(true),
            weight = Random(type, 2, (Heads + 2 * KeyHeads) * 16, 24).requires_grad_(true),
            bias = Random(type, 3, (Heads + 2 * KeyHeads) * 16).requires_grad_(true),
            gradient = Random(type, 4, 40, 110, Heads * 16);
        // Scores of some units.
        Tensor Project() => nn.functional.linear(input.Times(0.2), weight, bias).view(40, 110, -1, 16);

        Tensor output = rotary.Attend(Project(), KeyHeads, window, statistics: false).Output;
        IList<Tensor> found = autograd.grad([output], [input, weight, bias], [gradient]);

        Tensor projected = Project(), qk = rotary.Apply(projected.narrow(2, 0, Heads + KeyHeads), 0).transpose(1, 2);
        Tensor? mask = AttentionMask.Slide(mask: null, window, 110, 110, CPU);
        Tensor byOperations = Attention.Attend(
            qk.narrow(1, 0, Heads),
            qk.narrow(1, Heads, KeyHeads),
            projected.narrow(2, Heads + KeyHeads, KeyHeads).transpose(1, 2), mask, causal: mask is null).transpose(1, 2).reshape(40, 110, -1);
        IList<Tensor> expected = autograd.grad([byOperations], [input, weight, bias], [gradient]);
        Close(output, byOperations);
        foreach ((Tensor one, Tensor other) in found.Zip(expected)) Close(one, other);
    }

    [Fact]
    public void A_gradient_changes_no_bit_and_statistics_are_as_without_one()
    {
        using var scope = NewDisposeScope();
        using RotaryEmbedding rotary = Rotary(ScalarType.Float32);
        Tensor source = Random(ScalarType.Float32, 1, 3, 90, Heads + 2 * KeyHeads, 16), tracked = source.clone().requires_grad_(true);
        (Tensor output, Tensor? sums, Tensor? distances) = rotary.Attend(tracked.clone(), KeyHeads, window: null, statistics: true);
        output.requires_grad.Should().BeTrue();
        rotary.Attend(tracked.clone(), KeyHeads, window: null, statistics: false).LogSumExp.Should().BeNull();
        using var noGradient = no_grad();
        (Tensor plain, Tensor? plainSums, Tensor? plainDistances) = rotary.Attend(source, KeyHeads, window: null, statistics: true);
        plain.requires_grad.Should().BeFalse();
        output.Equals(plain).Should().BeTrue();
        sums!.Equals(plainSums!).Should().BeTrue();
        distances!.Equals(plainDistances!).Should().BeTrue();
        source.narrow(2, 0, Heads + KeyHeads).Equals(tracked.narrow(2, 0, Heads + KeyHeads)).Should().BeFalse("queries and keys are turned where they lie");
    }

    [Fact]
    public void A_graph_that_is_kept_gives_the_same_gradient_twice()
    {
        using var scope = NewDisposeScope();
        using RotaryEmbedding rotary = Rotary(ScalarType.Float32);
        Tensor leaf = Random(ScalarType.Float32, 1, 3, 90, Heads + 2 * KeyHeads, 16).requires_grad_(true);
        Tensor loss = rotary.Attend(leaf.clone(), KeyHeads, window: null, statistics: false).Output.square().sum();
        Tensor first = autograd.grad([loss], [leaf], retain_graph: true)[0].clone();
        autograd.grad([loss], [leaf])[0].Equals(first).Should().BeTrue();
    }

    [Fact]
    public void Neither_tensors_nor_the_gradients_of_layers_stay_behind()
    {
        using RotaryEmbedding rotary = Rotary(ScalarType.Float32);
        Run(layers: 1);
        long before = LiveTensors.Settle();
        long ofOne = Run(layers: 1), ofFive = Run(layers: 5);
        LiveTensors.Now.Should().Be(before);
        ofFive.Should().Be(ofOne, "autograd frees gradients as it goes");

        // Tensors that the backward pass leaves to the scope around it.
        long Run(int layers)
        {
            using var scope = NewDisposeScope();
            Tensor leaf = Random(ScalarType.Float32, 1, 2, 70, Heads + 2 * KeyHeads, 16).requires_grad_(true), x = leaf;
            for (int layer = 0; layer < layers; layer++)
                x = rotary.Attend(x.clone(), KeyHeads, window: null, statistics: true).Output.repeat(1, 1, 2).view(2, 70, -1, 16);
            Tensor loss = x.sum();
            long live = LiveTensors.Now;
            autograd.grad([loss], [leaf]);
            return LiveTensors.Now - live;
        }
    }

    private static RotaryEmbedding Rotary(ScalarType type) => new(TinyModel.Config(headDimension: 16), type, CPU);
}
