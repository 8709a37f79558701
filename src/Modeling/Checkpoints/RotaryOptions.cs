using static System.FormattableString;

namespace MLNetAttn.Modeling;

/// <summary>How rotary position embeddings are stretched beyond the length they were trained on.</summary>
public enum RotaryType
{
    /// <summary>Not at all (arXiv 2104.09864).</summary>
    Default,

    /// <summary>All frequencies divided by the factor (arXiv 2306.15595).</summary>
    Linear,

    /// <summary>Llama 3.1: low frequencies divided by the factor, high ones kept, a smooth passage between.</summary>
    Llama3,

    /// <summary>YaRN (arXiv 2309.00071): a ramp over the dimensions between divided and kept frequencies, and a factor on cosine and sine.</summary>
    Yarn,
}

/// <summary>Rotary position embeddings, with the names and meanings of transformers' <c>rope_parameters</c>.</summary>
public sealed record RotaryOptions
{
    /// <summary>How frequencies are scaled. Default: <see cref="RotaryType.Default"/>.</summary>
    public RotaryType Type { get; init; }

    /// <summary><c>rope_theta</c>, the base θ of the frequencies θ^(−2i/d). Default: 10 000; more than 1.</summary>
    public double Theta { get; init; } = 10_000;

    /// <summary><c>factor</c> by which the context is stretched; for every type but the default. Default: 1; at least 1.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>
    /// <c>original_max_position_embeddings</c>, the length trained on, in tokens; for Llama3 and Yarn, and where Linear stretches the context from.
    /// Default: null, which means <see cref="DecoderConfig.MaxPositionEmbeddings"/>, as in transformers; positive.
    /// </summary>
    public int? OriginalMaxPositionEmbeddings { get; init; }

    /// <summary><c>low_freq_factor</c>; for Llama3. Default: 1; positive.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary><c>high_freq_factor</c>; for Llama3. Default: 4; more than <see cref="LowFrequencyFactor"/>.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>
    /// <c>beta_fast</c>, rotations over the original length from which on a frequency is kept; for Yarn. Default: 32; more than <see cref="BetaSlow"/>.
    /// </summary>
    public double BetaFast { get; init; } = 32;

    /// <summary><c>beta_slow</c>, rotations over the original length up to which a frequency is divided; for Yarn. Default: 1; positive.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary><c>mscale</c>, together with <see cref="MScaleAllDimensions"/>; for Yarn. Default: null.</summary>
    public double? MScale { get; init; }

    /// <summary><c>mscale_all_dim</c>, together with <see cref="MScale"/>; for Yarn. Default: null.</summary>
    public double? MScaleAllDimensions { get; init; }

    /// <summary><c>attention_factor</c> on cosine and sine; for Yarn. Default: null, computed as <see cref="ResolveAttentionFactor"/> says; positive.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary><c>truncate</c>, whether the ends of the ramp are whole dimensions; for Yarn. Default: true.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>
    /// The factor on cosine and sine: for Yarn <see cref="AttentionFactor"/>, or else m(mscale) / m(mscale_all_dim) if both are given, or else m(1), with
    /// m(s) = 0.1·s·ln(factor) + 1 for factor &gt; 1 and 1 otherwise, as transformers has it; 1 for the other types.
    /// </summary>
    public double ResolveAttentionFactor()
    {
        if (Type != RotaryType.Yarn)
            return 1;
        if (AttentionFactor is { } given)
            return given;
        return MScale is { } scale and not 0 && MScaleAllDimensions is { } all and not 0 ? Magnitude(scale) / Magnitude(all) : Magnitude(1);
    }

    private double Magnitude(double scale) => Factor <= 1 ? 1 : 0.1 * scale * Math.Log(Factor) + 1;

    /// <summary>Everything that is wrong, as sentences without their full stop.</summary>
    internal IEnumerable<string> Violations()
    {
        if (!Enum.IsDefined(Type))
            yield return Invariant($"Rotary.Type is {Type}; expected one of {string.Join(", ", Enum.GetNames<RotaryType>())}");
        if (!(Theta > 1 && double.IsFinite(Theta)))
            yield return Invariant($"Rotary.Theta (rope_theta) is {Theta}; expected more than 1");
        if (!(Factor >= 1 && double.IsFinite(Factor)))
            yield return Invariant($"Rotary.Factor (factor) is {Factor}; expected at least 1");
        if (OriginalMaxPositionEmbeddings is <= 0)
            yield return $"Rotary.OriginalMaxPositionEmbeddings (original_max_position_embeddings) is {OriginalMaxPositionEmbeddings}; expected it positive";
        if (!(LowFrequencyFactor > 0 && HighFrequencyFactor > LowFrequencyFactor && double.IsFinite(HighFrequencyFactor)))
            yield return Invariant($"Rotary.LowFrequencyFactor (low_freq_factor) is {LowFrequencyFactor} and HighFrequencyFactor (high_freq_factor) ") +
                Invariant($"{HighFrequencyFactor}; expected 0 < low < high");
        if (!(BetaSlow > 0 && BetaFast > BetaSlow && double.IsFinite(BetaFast)))
            yield return Invariant($"Rotary.BetaSlow and BetaFast (beta_slow, beta_fast) are {BetaSlow} and {BetaFast}; expected 0 < slow < fast");
        if (AttentionFactor is { } factor && !(factor > 0 && double.IsFinite(factor)))
            yield return Invariant($"Rotary.AttentionFactor (attention_factor) is {factor}; expected a positive number");
        if (MScale is { } scale && !double.IsFinite(scale) || MScaleAllDimensions is { } all && !double.IsFinite(all))
            yield return Invariant($"Rotary.MScale and MScaleAllDimensions (mscale, mscale_all_dim) are {MScale} and {MScaleAllDimensions}; expected numbers");
    }
}
