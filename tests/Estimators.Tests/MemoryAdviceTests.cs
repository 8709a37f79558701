using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class MemoryAdviceTests
{
    private readonly IHost _host = ((IHostEnvironment)new MLContext()).Register("test");

    [Fact]
    public void Memory_that_runs_out_in_the_runtime_or_in_the_backend_is_told_with_what_to_lower()
    {
        FluentActions.Invoking(() => MemoryAdvice.Given(_host, "The copy", "Train an adapter.", () => zeros([1L << 50])))
            .Should().Throw<InsufficientMemoryException>().WithMessage("The copy: memory ran out (*allocate*). Train an adapter.");
        FluentActions.Invoking(() => MemoryAdvice.Given<int>(_host, "The copy", "Train an adapter.", () => throw new InsufficientMemoryException("none left")))
            .Should().Throw<InsufficientMemoryException>().WithMessage("The copy: memory ran out (none left). Train an adapter.")
            .WithInnerException<InsufficientMemoryException>();
    }

    [Fact]
    public void Memory_that_runs_out_on_the_way_to_a_gradient_is_told_too()
    {
        using var scope = NewDisposeScope();
        Tensor leaf = zeros(1).requires_grad_(true);
        // The gradient of a choice from what is expanded is as large as that.
        Tensor loss = leaf.expand(1L << 45).index_select(0, tensor(new long[] { 0 })).sum();
        FluentActions.Invoking(() => MemoryAdvice.Given(_host, "Step 3", "Lower BatchSize.", () => Gradient.Of(loss, [leaf])))
            .Should().Throw<InsufficientMemoryException>().WithMessage("Step 3: memory ran out (*allocate*). Lower BatchSize.");
    }

    [Fact]
    public void Other_failures_and_results_pass()
    {
        FluentActions.Invoking(() => MemoryAdvice.Given(_host, "The copy", "Train an adapter.", () => zeros([2]).reshape(3)))
            .Should().Throw<System.Runtime.InteropServices.ExternalException>().WithMessage("*invalid for input*");
        MemoryAdvice.Given(_host, "The copy", "Train an adapter.", () => 3).Should().Be(3);
    }
}
