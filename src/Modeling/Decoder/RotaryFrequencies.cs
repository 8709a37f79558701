using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The frequencies by which rotary embeddings turn each pair of dimensions, as transformers computes them for each rotary type.</summary>
/// <remarks>In float32, operation by operation as there: a frequency that is off by its last bit turns position 10 000 by 1e-3, and logits follow.</remarks>
internal static class RotaryFrequencies
{
    /// <summary>Radians per position of each of the head size / 2 pairs, float32.</summary>
    public static Tensor Compute(DecoderConfig config)
    {
        using var scope = NewDisposeScope();
        RotaryOptions rotary = config.Rotary;
        int trained = rotary.OriginalMaxPositionEmbeddings ?? config.MaxPositionEmbeddings;
        Tensor stretch = pow(
            tensor((float)rotary.Theta),
            TensorArithmetic.Range(0, config.HeadDimension, ScalarType.Float32, step: 2).Over(config.HeadDimension));                    // [D/2]
        return (rotary.Type switch
        {
            RotaryType.Default => stretch.reciprocal(),
            RotaryType.Linear => stretch.reciprocal().Over(rotary.Factor),
            RotaryType.Llama3 => Llama3(stretch.reciprocal(), rotary, trained),
            RotaryType.Yarn => Yarn(stretch, config.HeadDimension, rotary, trained),
            _ => throw new NotSupportedException($"Rotary type '{rotary.Type}' is not supported."),
        }).MoveToOuterDisposeScope();
    }

    /// <summary>Llama 3.1: long wavelengths are stretched by the factor, short ones kept, those between interpolated.</summary>
    private static Tensor Llama3(Tensor frequency, RotaryOptions rotary, int trained)
    {
        Tensor wavelength = frequency.reciprocal().Times(2 * Math.PI);
        double longest = trained / rotary.LowFrequencyFactor, shortest = trained / rotary.HighFrequencyFactor;
        Tensor smooth = wavelength.reciprocal().Times(trained).Minus(rotary.LowFrequencyFactor).Over(rotary.HighFrequencyFactor - rotary.LowFrequencyFactor);
        Tensor between = (smooth.SubtractedFrom(1) * frequency).Over(rotary.Factor).Plus(smooth * frequency);
        return where(wavelength.Above(longest), frequency.Over(rotary.Factor), where(wavelength.Below(shortest), frequency, between));
    }

    /// <summary>YaRN (Peng et al., arXiv 2309.00071): a ramp over the dimensions between kept and stretched frequencies.</summary>
    private static Tensor Yarn(Tensor stretch, int size, RotaryOptions rotary, int trained)
    {
        double low = Dimension(rotary.BetaFast), high = Dimension(rotary.BetaSlow);
        if (rotary.Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, size - 1));
        if (low == high) high += 0.001;
        Tensor kept = TensorArithmetic.Range(0, size / 2, ScalarType.Float32).Minus(low).Over(high - low).Clamped(0, 1).SubtractedFrom(1);
        return (stretch.Times(rotary.Factor).reciprocal() * kept.SubtractedFrom(1)).Plus(stretch.reciprocal() * kept);

        // The dimension that turns this often within the original context.
        double Dimension(double turns) => size * Math.Log(trained / (turns * 2 * Math.PI)) / (2 * Math.Log(rotary.Theta));
    }
}
