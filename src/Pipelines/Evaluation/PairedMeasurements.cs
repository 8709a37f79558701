namespace MLNetAttn.Pipelines;

/// <summary>Measurements of two ways of doing something, one of each for every pair.</summary>
internal static class PairedMeasurements
{
    /// <exception cref="ArgumentException">The lists are empty or differ in length.</exception>
    public static void Require(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        if (first.Count == 0 || first.Count != second.Count)
            throw new ArgumentException(
                $"There are {first.Count} measurements of the first and {second.Count} of the second; give one of each for every pair.",
                nameof(second));
    }
}
