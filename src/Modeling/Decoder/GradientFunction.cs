using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>A computation with a gradient of its own. What fails while <see cref="Gradient.Of"/> asks for it can be caught there: an exception that left
/// <see cref="backward"/> would have to cross torch's own frames, and ends the process instead.</summary>
/// <typeparam name="T">The computation itself.</typeparam>
internal abstract class GradientFunction<T> : autograd.SingleTensorFunction<T> where T : GradientFunction<T>, new()
{
    private const string PassKey = "pass", ArgumentsKey = "arguments";

    /// <summary>Computes the result, without a gradient.</summary>
    /// <param name="context">Keeps what the gradient needs.</param>
    /// <param name="arguments">Of <c>apply</c>.</param>
    protected abstract Tensor Evaluate(autograd.AutogradContext context, object[] arguments);

    /// <summary>The gradients of the arguments, one for each; null for what is no tensor or needs none.</summary>
    /// <param name="context">What <see cref="Evaluate"/> kept.</param>
    /// <param name="gradient">That of the result; disposed by the caller.</param>
    protected abstract List<Tensor?> Differentiate(autograd.AutogradContext context, Tensor gradient);

    public sealed override Tensor forward(autograd.AutogradContext context, params object[] vars)
    {
        // On a GPU the gradient is computed on a thread of torch's.
        context.save_data(PassKey, BackwardPass.OfThread);
        context.save_data(ArgumentsKey, vars.Length);
        return Evaluate(context, vars);
    }

    public sealed override List<Tensor> backward(autograd.AutogradContext context, Tensor grad_output)
    {
        using Tensor received = grad_output;
        return ((BackwardPass)context.get_data(PassKey)).Run((int)context.get_data(ArgumentsKey), () => Differentiate(context, received));
    }
}
