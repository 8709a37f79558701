using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class GradientTests
{
    [Fact]
    public void Gradients_are_those_of_autograd_and_leaves_keep_none()
    {
        using var scope = NewDisposeScope();
        Tensor leaf = rand(4).requires_grad_(true), weight = rand(3, 4).requires_grad_(true), unused = rand(2).requires_grad_(true), seed = rand(3);
        IList<Tensor> expected = autograd.grad([matmul(weight, leaf.exp())], [leaf, weight], [seed]);
        Tensor[] found = Gradient.Of(matmul(weight, leaf.exp()), [leaf, weight, unused], seed);
        found[0].Equals(expected[0]).Should().BeTrue();
        found[1].Equals(expected[1]).Should().BeTrue();
        found[2].ToSingles().Should().Equal(0, 0);
        foreach (Tensor tensor in new[] { leaf, weight, unused }) tensor.grad.Should().BeNull();
    }

    [Fact]
    public void What_a_gradient_function_throws_arrives_once_and_the_next_pass_is_as_ever()
    {
        using var scope = NewDisposeScope();
        Tensor leaf = ones(2).requires_grad_(true);
        int before = 0;
        Tensor Chain(Func<Tensor, Tensor> last) => Probe.Apply(Probe.Apply(leaf.square(), gradient =>
        {
            before++;
            return gradient.clone();
        }).exp(), last).sum();

        FluentActions.Invoking(() => Gradient.Of(Chain(_ => throw new InvalidDataException("as it is")), [leaf]))
            .Should().Throw<InvalidDataException>().WithMessage("as it is");
        before.Should().Be(0, "what comes after a failure is not wanted");
        leaf.grad.Should().BeNull();
        Gradient.Of(Chain(gradient => gradient.clone()), [leaf])[0].ToSingles().Should().OnlyContain(value => Math.Abs(value - 2 * MathF.E) < 1e-5);
        before.Should().Be(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_that_runs_out_can_be_caught(bool within)
    {
        using var scope = NewDisposeScope();
        Tensor leaf = zeros(1).requires_grad_(true);
        // The gradient of a choice from what is expanded is as large as that.
        Tensor Greedy(Tensor x) => x.expand(1L << 45).index_select(0, tensor(new long[] { 0 })).sum();
        FluentActions
            .Invoking(() => Gradient.Of(within ? CheckpointedLayer.Apply(leaf, [], input => input.Times(2), Greedy) : Greedy(leaf), [leaf]))
            .Should().Throw<Exception>().WithMessage("*allocate memory*");
        leaf.grad.Should().BeNull();
        Gradient.Of(leaf.sum(), [leaf])[0].ToSingles().Should().Equal(1);
    }

    [Fact]
    public void The_gradients_of_gradient_functions_do_not_wait_for_the_end_of_a_pass()
    {
        using var outer = NewDisposeScope();
        Tensor leaf = ones(2).requires_grad_(true);
        Run(functions: 1);
        Run(functions: 5).Should().Be(Run(functions: 1));

        // The most tensors that a function finds alive.
        long Run(int functions)
        {
            using var scope = NewDisposeScope();
            Tensor x = leaf;
            long most = 0;
            for (int i = 0; i < functions; i++)
            {
                x = Probe.Apply(x, gradient =>
                {
                    most = Math.Max(most, LiveTensors.Now);
                    return gradient.clone();
                });
            }
            Tensor loss = x.sum();
            long live = LiveTensors.Now;
            Gradient.Of(loss, [leaf])[0].Dispose();
            return most - live;
        }
    }

    /// <summary>Changes nothing, and does what it is told with the gradient.</summary>
    private sealed class Probe : GradientFunction<Probe>
    {
        public override string Name => nameof(Probe);

        public static Tensor Apply(Tensor input, Func<Tensor, Tensor> differentiate) => apply(input, differentiate);

        protected override Tensor Evaluate(autograd.AutogradContext context, object[] arguments)
        {
            context.save_data("differentiate", arguments[1]);
            return ((Tensor)arguments[0]).clone();
        }

        protected override List<Tensor?> Differentiate(autograd.AutogradContext context, Tensor gradient) =>
            [((Func<Tensor, Tensor>)context.get_data("differentiate"))(gradient), null];
    }
}
