using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Gradients, as <c>autograd.grad</c> gives them, with errors that can be caught: TorchSharp 0.107.0 lets what torch throws there, such as memory that
/// runs out, end the process.</summary>
internal static class Gradient
{
    /// <summary>The gradient of a result with respect to some leaves; zeros for those that it does not depend on.</summary>
    /// <param name="output">The result; a scalar where there is no <paramref name="outputGradient"/>.</param>
    /// <param name="leaves">Leaves that require a gradient; what they hold as their <c>grad</c> is taken away.</param>
    /// <param name="outputGradient">The gradient of the result; null = 1.</param>
    /// <exception cref="Exception">What a <see cref="GradientFunction{T}"/> threw, or torch.</exception>
    public static Tensor[] Of(Tensor output, IReadOnlyList<Tensor> leaves, Tensor? outputGradient = null)
    {
        BackwardPass pass = BackwardPass.OfThread;
        using var scope = NewDisposeScope();
        try
        {
            try
            {
                autograd.backward([output], outputGradient is null ? null : [outputGradient], inputs: [.. leaves]);
            }
            finally
            {
                pass.End();
            }
            return [.. leaves.Select(leaf => (leaf.grad ?? zeros_like(leaf)).MoveToOuterDisposeScope())];
        }
        finally
        {
            foreach (Tensor leaf in leaves) leaf.grad = null;
        }
    }
}
