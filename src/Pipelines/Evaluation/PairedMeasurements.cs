namespace MLNetAttn.Pipelines;

/// <summary>Measurements of two ways of doing something, one of each for every pair.</summary>
internal static class PairedMeasurements
{
    /// <summary>What rounding may make of measurements of this size: 0.33 − 0.30 and 0.43 − 0.40 differ in their last bits, and are equal.</summary>
    public static double Noise(IReadOnlyList<double> first, IReadOnlyList<double> second) => 1e-12 * first.Concat(second).Max(Math.Abs);

    /// <exception cref="ArgumentException">The lists are empty or differ in length.</exception>
    public static void Require(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        if (first.Count == 0 || first.Count != second.Count)
            throw new ArgumentException(
                $"There are {first.Count} measurements of the first and {second.Count} of the second; give one of each for every pair.",
                nameof(second));
    }
}
