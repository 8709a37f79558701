namespace MLNetAttn.Modeling;

/// <summary>In a column NaN means undefined: NaN that a broken model computes must not pass for it.</summary>
internal static class FiniteCheck
{
    /// <param name="values">One value per response token.</param>
    /// <param name="what">What they were computed from.</param>
    /// <param name="row">The sequence.</param>
    /// <exception cref="NotFiniteNumberException">A value is NaN or infinite.</exception>
    public static void Require(ReadOnlySpan<float> values, string what, int row)
    {
        for (int t = 0; t < values.Length; t++)
            if (!float.IsFinite(values[t])) throw Failed(what, row, $" at response token {t}");
    }

    /// <param name="values">Values that belong to no token.</param>
    /// <param name="what">What they were computed from.</param>
    /// <param name="row">The sequence.</param>
    /// <exception cref="NotFiniteNumberException">A value is NaN or infinite.</exception>
    public static void Require(IEnumerable<double> values, string what, int row)
    {
        if (!values.All(double.IsFinite)) throw Failed(what, row, "");
    }

    private static NotFiniteNumberException Failed(string what, int row, string where) =>
        new($"Row {row}: the model's {what} are not finite{where}. Its weights hold NaN or infinities, or its activations overflow; did training diverge?");
}
