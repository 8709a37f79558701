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

    /// <summary>Rewards as <see cref="Advantages"/> takes them.</summary>
    /// <param name="rewards">[B][columns].</param>
    public double[,] Table(double[][] rewards)
    {
        double[,] table = new double[rewards.Length, Names.Length];
        for (int row = 0; row < rewards.Length; row++)
            for (int column = 0; column < Names.Length; column++) table[row, column] = rewards[row][column];
        return table;
    }
}
