namespace MLNetAttn.Estimators;

/// <summary>The columns that rewards are in, and how much each of them weighs.</summary>
/// <param name="Names">At least one.</param>
/// <param name="Weights">One for each.</param>
internal sealed record RewardColumns(string[] Names, double[] Weights)
{
    /// <summary>What a response has in all of them; NaN = no value in any. An infinite value, which no reward may have, is what a response has.</summary>
    /// <param name="values">One for each column; NaN = no value.</param>
    public double Total(double[] values)
    {
        int infinite = Array.FindIndex(values, double.IsInfinity);
        return infinite >= 0 ? values[infinite] : AdvantageNormalization.Sum(values, values, Weights);
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
