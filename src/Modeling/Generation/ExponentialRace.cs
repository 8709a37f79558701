using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Draws a token in proportion to its probability: each starts a race that takes it an exponentially distributed time with its probability as the
/// rate, and the first one wins.</summary>
/// <remarks>
/// As good a draw as the inverse of the cumulative distribution, and a steadier one: there a difference in the last bits moves the places of all tokens behind
/// it, here it changes the winner only if the first two come in as close as that difference.
/// </remarks>
internal static class ExponentialRace
{
    // Up to here u is −ln(1 − u) to 1e-8, and more exact than the logarithm.
    private const double Small = 1e-8;

    /// <summary>The token that wins, or −1 if none has a probability.</summary>
    /// <param name="probabilities">[V]; they need not add up to 1.</param>
    /// <param name="stream">The stream of the random numbers; token i uses its i-th.</param>
    public static int Winner(ReadOnlySpan<float> probabilities, ulong stream)
    {
        (int winner, double first) = (-1, double.PositiveInfinity);
        for (int start = 0; start < probabilities.Length; start += Vector<float>.Count)
        {
            ReadOnlySpan<float> block = probabilities[start..Math.Min(start + Vector<float>.Count, probabilities.Length)];
            if (block.Length == Vector<float>.Count && IsLate(block, stream + (ulong)start, first)) continue;
            for (int i = 0; i < block.Length; i++)
            {
                double u = RandomUniform.At(stream, start + i), time = (u < Small ? u : -Math.Log(1 - u)) / block[i];
                if (block[i] > 0 && time < first) (winner, first) = (start + i, time);
            }
        }
        return winner;
    }

    /// <summary>Whether no token of a block can come in first: its time −ln(1 − u) / p is at least u / p, which rules out nearly all of them without a
    /// logarithm.</summary>
    private static bool IsLate(ReadOnlySpan<float> block, ulong stream, double first)
    {
        Vector.Widen(new Vector<float>(block), out Vector<double> low, out Vector<double> high);
        return !Vector.LessThanAny(RandomUniform.VectorAt(stream, 0), low * first)
            && !Vector.LessThanAny(RandomUniform.VectorAt(stream, Vector<double>.Count), high * first);
    }
}
