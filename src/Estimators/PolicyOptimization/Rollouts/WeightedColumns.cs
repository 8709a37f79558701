namespace MLNetAttn.Estimators;

/// <summary>The columns that rewards are in, and how much each of them weighs.</summary>
/// <param name="Names">At least one.</param>
/// <param name="Weights">One for each.</param>
internal sealed record WeightedColumns(string[] Names, double[] Weights)
{
    /// <summary>The weighted sum of what a response has; NaN = no value in any. Infinite where one of them is, whatever its weight, so that it is found
    /// out.</summary>
    /// <param name="values">One for each column; NaN = no value.</param>
    public double Total(double[] values)
    {
        int infinite = Array.FindIndex(values, double.IsInfinity);
        return infinite >= 0 ? values[infinite] : AdvantageNormalization.Sum(values, values, Weights);
    }

    /// <summary>What a response has, for a message, and in which of several columns it is infinite.</summary>
    /// <param name="values">One for each column.</param>
    public string Describe(double[] values)
    {
        int infinite = Array.FindIndex(values, double.IsInfinity);
        return FormattableString.Invariant($"{Total(values)}{(infinite >= 0 && Names.Length > 1 ? $" in column '{Names[infinite]}'" : "")}");
    }
}
