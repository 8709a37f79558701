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
        Tensor stretch = pow(rotary.Theta, arange(0, config.HeadDimension, 2, ScalarType.Float32) / config.HeadDimension);      // [D/2]
        return (rotary.Type switch
        {
            RotaryType.Default => 1 / stretch,
            RotaryType.Linear => 1 / stretch / rotary.Factor,
            RotaryType.Llama3 => Llama3(1 / stretch, rotary, trained),
            RotaryType.Yarn => Yarn(stretch, config.HeadDimension, rotary, trained),
            _ => throw new NotSupportedException($"Rotary type '{rotary.Type}' is not supported."),
        }).MoveToOuterDisposeScope();
    }

    /// <summary>Llama 3.1: long wavelengths are stretched by the factor, short ones kept, those between interpolated.</summary>
    private static Tensor Llama3(Tensor frequency, RotaryOptions rotary, int trained)
    {
        Tensor wavelength = 2 * Math.PI / frequency;
        double longest = trained / rotary.LowFrequencyFactor, shortest = trained / rotary.HighFrequencyFactor;
        Tensor smooth = (trained / wavelength - rotary.LowFrequencyFactor) / (rotary.HighFrequencyFactor - rotary.LowFrequencyFactor);
        Tensor between = (1 - smooth) * frequency / rotary.Factor + smooth * frequency;
        return where(wavelength.gt(longest), frequency / rotary.Factor, where(wavelength.lt(shortest), frequency, between));
    }

    /// <summary>YaRN (Peng et al., arXiv 2309.00071): a ramp over the dimensions between kept and stretched frequencies.</summary>
    private static Tensor Yarn(Tensor stretch, int size, RotaryOptions rotary, int trained)
    {
        double low = Dimension(rotary.BetaFast), high = Dimension(rotary.BetaSlow);
        if (rotary.Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, size - 1));
        if (low == high) high += 0.001;
        Tensor kept = 1 - ((arange(size / 2, ScalarType.Float32) - low) / (high - low)).clamp(0, 1);
        return 1 / (rotary.Factor * stretch) * (1 - kept) + 1 / stretch * kept;

        // The dimension that turns this often within the original context.
        double Dimension(double turns) => size * Math.Log(trained / (turns * 2 * Math.PI)) / (2 * Math.Log(rotary.Theta));
    }
}
