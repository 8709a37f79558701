using MLNetAttn.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101) and clipping of the gradients' common norm, each one call for all
/// tensors.</summary>
/// <remarks>
/// Numbers as torch.optim.AdamW: p ← p·(1 − lr·wd), then p ← p − lr·m̂/(√v̂ + ε). TorchSharp's own optimizer makes about ten calls a tensor; for a small model
/// with 40 of them these calls are a visible part of a step, so the fused kernels of libtorch, which TorchSharp does not wrap, are reached through TorchScript.
/// </remarks>
internal sealed class AdamW : IDisposable
{
    private static readonly Lazy<jit.CompilationUnit> Kernels = new(() => jit.compile(
        """
        def clip(gradients: List[Tensor], maximum: float):
            norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients, 2)))
            torch._foreach_mul_(gradients, torch.clamp(maximum / (norm + 1e-6), max=1.0))
            return norm

        def update(parameters: List[Tensor], gradients: List[Tensor], first: List[Tensor], second: List[Tensor], steps: Tensor,
                   rate: float, beta1: float, beta2: float, decay: float, epsilon: float):
            torch._fused_adamw_(parameters, gradients, first, second, [], [steps for _ in parameters],
                lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=epsilon, amsgrad=False, maximize=False)
            return steps

        """));

    private readonly Group[] _groups;
    private readonly Tensor _steps;
    // Numbers for TorchScript, which must live while it runs (docs/decisions/0007-scalars.md).
    private readonly Scalar _maximumNorm;
    private readonly Scalar _beta1;
    private readonly Scalar _beta2;
    private readonly Scalar _epsilon;

    /// <param name="parameters">What is updated, with its names in the checkpoint.</param>
    /// <param name="options">Betas, ε, decay and the norm to clip to.</param>
    public AdamW(IReadOnlyList<(string Name, Tensor Tensor)> parameters, TrainingOptions options)
    {
        using var noGradient = no_grad();
        // Where memory runs out, what was made so far goes with the scope.
        using var scope = NewDisposeScope();
        (_maximumNorm, _beta1, _beta2, _epsilon) = (
            options.MaxGradientNorm == 0 ? double.PositiveInfinity : options.MaxGradientNorm, options.AdamBeta1, options.AdamBeta2, options.AdamEpsilon);
        _groups = [.. parameters
            .Select((parameter, index) =>
                (parameter.Name, parameter.Tensor, Index: index, Decays: options.DecayNormsAndBiases || !IsNormOrBias(parameter.Name)))
            .GroupBy(parameter => parameter.Decays)
            .Select(group => new Group(
                [.. group.Select(p => p.Index)],
                [.. group.Select(p => p.Name)],
                [.. group.Select(p => p.Tensor)],
                [.. group.Select(p => zeros_like(p.Tensor, requires_grad: false))],
                [.. group.Select(p => zeros_like(p.Tensor, requires_grad: false))],
                group.Key ? options.WeightDecay : 0))];
        _steps = zeros(1, ScalarType.Float32, parameters[0].Tensor.device).DetachFromDisposeScope();
        foreach (Tensor moment in Moments) moment.DetachFromDisposeScope();
    }

    /// <summary>All that updates depend on beside the parameters, under torch's names: exp_avg and exp_avg_sq of each parameter, and step.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State =>
    [
        KeyValuePair.Create("step", _steps),
        .. _groups.SelectMany(group => group.Names.Zip(group.First, (name, moment) => KeyValuePair.Create($"exp_avg.{name}", moment))),
        .. _groups.SelectMany(group => group.Names.Zip(group.Second, (name, moment) => KeyValuePair.Create($"exp_avg_sq.{name}", moment))),
    ];

    /// <summary>Scales the gradients, in place, so that their common norm is at most the allowed one.</summary>
    /// <param name="gradients">One per parameter, in the order of the constructor.</param>
    /// <returns>The norm before.</returns>
    public double Clip(IReadOnlyList<Tensor> gradients)
    {
        using var noGradient = no_grad();
        using var norm = (Tensor)Kernels.Value.invoke("clip", gradients.ToArray(), _maximumNorm);
        return norm.ToNumber();
    }

    /// <summary>One update of all parameters.</summary>
    /// <param name="gradients">One per parameter, in the order of the constructor.</param>
    /// <param name="learningRate">lr of this update.</param>
    public void Step(IReadOnlyList<Tensor> gradients, double learningRate)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using Scalar rate = learningRate;
        _steps.Add_(1);
        foreach (Group group in _groups)
            Kernels.Value.invoke("update", group.Parameters, group.Indices.Select(i => gradients[i]).ToArray(), group.First, group.Second, _steps,
                rate, _beta1, _beta2, group.Decay, _epsilon);
    }

    public void Dispose()
    {
        _steps.Dispose();
        foreach (Scalar scalar in (ReadOnlySpan<Scalar>)[_maximumNorm, _beta1, _beta2, _epsilon, .. _groups.Select(group => group.Decay)]) scalar.Dispose();
        foreach (Tensor moment in Moments) moment.Dispose();
    }

    private static bool IsNormOrBias(string name) => name.Contains("norm", StringComparison.Ordinal) || name.Contains("bias", StringComparison.Ordinal);

    private IEnumerable<Tensor> Moments => _groups.SelectMany(group => group.First.Concat(group.Second));

    private sealed record Group(int[] Indices, string[] Names, Tensor[] Parameters, Tensor[] First, Tensor[] Second, Scalar Decay);
}
