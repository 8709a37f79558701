using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>What is known of the tokens of one response: one value per token in each array, NaN where it is undefined. A strategy reads only what it
/// needs.</summary>
public sealed class TokenSignals
{
    /// <summary>How many tokens the response has.</summary>
    public required int Count { get; init; }

    /// <summary>WAAD (Eq. 9), in tokens; read by Local and Coupled.</summary>
    public IReadOnlyList<double>? Waad { get; init; }

    /// <summary>FAI (Eq. 10); read by Global and Coupled.</summary>
    public IReadOnlyList<double>? Fai { get; init; }

    /// <summary>Entropies in nats; read by HighEntropy.</summary>
    public IReadOnlyList<double>? Entropy { get; init; }

    /// <summary>Throughput of attention flow; read by Flow.</summary>
    public IReadOnlyList<double>? Flow { get; init; }

    /// <summary>What one analysis says of its response.</summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="flow">Throughput, which is another analysis; null = not wanted.</param>
    internal static TokenSignals Of(RhythmAnalysis analysis, double[]? flow = null)
    {
        return new TokenSignals
        {
            Count = analysis.Waad.Length,
            Waad = Wide(analysis.Waad),
            Fai = Wide(analysis.Fai),
            Entropy = Wide(analysis.Entropies),
            Flow = flow,
        };

        static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);
    }

    /// <summary>The signal that a strategy needs.</summary>
    /// <exception cref="ArgumentException">It is missing or of another length.</exception>
    internal IReadOnlyList<double> Require(IReadOnlyList<double>? signal, string name, CreditStrategy strategy) =>
        signal?.Count == Count
            ? signal
            : throw new ArgumentException(
                $"{name} has {(signal is null ? "no" : signal.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))} values for {Count} tokens; {strategy} credit needs one per token.");
}
