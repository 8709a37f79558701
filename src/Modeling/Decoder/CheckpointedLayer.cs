using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>A layer that keeps only its input for the gradient, and computes the rest a second time when the gradient is (Chen et al., arXiv
/// 1604.06174).</summary>
internal sealed class CheckpointedLayer : GradientFunction<CheckpointedLayer>
{
    private const string LayerKey = "layer";

    /// <summary>Applies a layer.</summary>
    /// <param name="input">[B, T, hidden].</param>
    /// <param name="parameters">The tensors of the layer that take a gradient.</param>
    /// <param name="compute">The layer.</param>
    /// <param name="computeAgain">The same, for the gradient: it gives the same values and has no other effect.</param>
    public static Tensor Apply(Tensor input, IReadOnlyList<Tensor> parameters, Func<Tensor, Tensor> compute, Func<Tensor, Tensor> computeAgain) =>
        apply([input, new Layer(parameters, compute, computeAgain), .. parameters]);

    public override string Name => nameof(CheckpointedLayer);

    protected override Tensor Evaluate(autograd.AutogradContext context, object[] arguments)
    {
        (Tensor input, var layer) = ((Tensor)arguments[0], (Layer)arguments[1]);
        context.save_for_backward([input]);
        context.save_data(LayerKey, layer);
        // As with a gradient, which is then let go: without one adapters multiply otherwise, and leave nothing out.
        using var recording = enable_grad();
        using var scope = NewDisposeScope();
        return layer.Compute(input.detach()).detach().MoveToOuterDisposeScope();
    }

    protected override List<Tensor?> Differentiate(autograd.AutogradContext context, Tensor gradient)
    {
        var layer = (Layer)context.get_data(LayerKey);
        using var scope = NewDisposeScope();
        Tensor input = context.get_saved_variables()[0].detach();
        input.requires_grad = true;
        using var recording = enable_grad();
        Tensor[] gradients = Gradient.Of(layer.ComputeAgain(input), [input, .. layer.Parameters], gradient);
        foreach (Tensor tensor in gradients) tensor.MoveToOuterDisposeScope();
        // One for each argument; the layer itself has none.
        return [gradients[0], null, .. gradients.Skip(1)];
    }

    /// <summary>What is no tensor.</summary>
    private sealed record Layer(IReadOnlyList<Tensor> Parameters, Func<Tensor, Tensor> Compute, Func<Tensor, Tensor> ComputeAgain);
}
