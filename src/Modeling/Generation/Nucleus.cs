using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Top-p without sorting the vocabulary: the least probability that stays, by bisection.</summary>
internal static class Nucleus
{
    /// <summary>The least probability for which all greater ones add up to less than <paramref name="mass"/>; at most the greatest of them.</summary>
    /// <param name="probabilities">[V], none negative.</param>
    /// <param name="mass">0 to 1.</param>
    public static float Threshold(ReadOnlySpan<float> probabilities, double mass)
    {
        // Bit patterns of numbers that are not negative are in the numbers' own order: 30 halvings separate any two.
        int low = 0, high = BitConverter.SingleToInt32Bits(Greatest(probabilities));
        while (low < high)
        {
            int middle = low + (high - low) / 2;
            if (MassAbove(probabilities, BitConverter.Int32BitsToSingle(middle)) < mass) high = middle;
            else low = middle + 1;
        }
        return BitConverter.Int32BitsToSingle(high);
    }

    private static float Greatest(ReadOnlySpan<float> values)
    {
        float greatest = 0;
        foreach (float value in values) greatest = Math.Max(greatest, value);
        return greatest;
    }

    private static double MassAbove(ReadOnlySpan<float> values, float least)
    {
        Vector<double> sums = default;
        int start = 0;
        for (; start <= values.Length - Vector<float>.Count; start += Vector<float>.Count)
        {
            var block = new Vector<float>(values[start..]);
            Vector.Widen(
                Vector.ConditionalSelect(Vector.GreaterThan(block, new Vector<float>(least)), block, Vector<float>.Zero),
                out Vector<double> low,
                out Vector<double> high);
            sums += low + high;
        }
        double sum = Vector.Sum(sums);
        foreach (float value in values[start..])
            if (value > least) sum += value;
        return sum;
    }
}
