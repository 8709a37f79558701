using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>An affine map y = x·Wᵀ + b as a decoder layer holds it: [.., in] → [.., out].</summary>
/// <param name="Weight">[out, in].</param>
/// <param name="Bias">[out], or null.</param>
internal sealed record Linear(Tensor Weight, Tensor? Bias)
{
    public Tensor Apply(Tensor input) => nn.functional.linear(input, Weight, Bias);
}
