using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>An affine map y = x·Wᵀ + b as a decoder layer holds it: [.., in] → [.., out].</summary>
/// <param name="Weight">[out, in].</param>
/// <param name="Bias">[out], or null.</param>
internal sealed record Linear(Tensor Weight, Tensor? Bias)
{
    /// <summary>A low-rank update of the matrix; null = none.</summary>
    public LinearAdapter? Adapter { get; init; }

    /// <summary>What training leaves out of the adapter's input; null = nothing.</summary>
    public Func<Tensor, Tensor>? AdapterDropout { get; init; }

    /// <param name="input">[.., in].</param>
    /// <param name="fused">Whether a kernel may take the place of torch's operation; the input is then contiguous.</param>
    public Tensor Apply(Tensor input, bool fused = false)
    {
        Tensor output = fused && input.numel() / input.size(-1) <= FewRowsProduct.MaximumRows
            ? FewRowsProduct.Apply(input, Weight, Bias)
            : nn.functional.linear(input, Weight, Bias);
        return Adapter is null ? output : Adapter.Add(output, input, AdapterDropout, fused);
    }
}
