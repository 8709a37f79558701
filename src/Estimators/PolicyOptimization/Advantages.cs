namespace MLNetAttn.Estimators;

/// <summary>Group-relative advantages (Eq. 5 of arXiv 2510.13554, as TRL's GRPOTrainer computes it, in double): Â = (R − mean of its group) /
/// (standard deviation + 1e-4).</summary>
public static class Advantages
{
    private const double ZeroDeviation = 1e-8;

    /// <summary>Advantages of a batch of responses.</summary>
    /// <remarks>A value that is missing counts 0 in its row's weighted sum. A row for which every function gave nothing leaves its group's statistics and has
    /// advantage 0, as has a row that is alone in its group.</remarks>
    /// <param name="rewards">[responses, reward functions]; NaN = the function gave no value. Groups are consecutive rows.</param>
    /// <param name="generations">Responses per prompt; at least 2, and a divisor of the number of rows.</param>
    /// <param name="options">How to scale and combine; null = the defaults.</param>
    /// <param name="names">Names of the reward functions for the metrics; null = func0, func1, …</param>
    /// <exception cref="ArgumentException">A group size below 2, rows that are not whole groups, an infinite reward (the row is named), or an option out of
    /// range.</exception>
    public static GroupAdvantages Compute(double[,] rewards, int generations, AdvantageOptions? options = null, IReadOnlyList<string>? names = null)
    {
        int rows = rewards.GetLength(0), functions = rewards.GetLength(1);
        options ??= new AdvantageOptions();
        options.Validate(functions);
        Check(rewards, generations);

        double[][] responses = [.. Enumerable.Range(0, rows).Select(row => Enumerable.Range(0, functions).Select(k => rewards[row, k]).ToArray())];
        int[] groups = [.. Enumerable.Range(0, rows).Select(row => row / generations)];
        var normalization = AdvantageNormalization.Fit(responses, groups, rows / generations, options);
        double[] totals =
            [.. responses.Select(response => AdvantageNormalization.Sum(response, response, normalization.Weights))]; // [rows]

        var metrics = new Dictionary<string, double>
        {
            ["reward"] = RewardStatistics.Of(totals).Mean,
            ["reward_std"] = RewardStatistics.Of(totals).Deviation,
            ["frac_reward_zero_std"] = groups.Count(group => Math.Abs(normalization.Deviation(group)) <= ZeroDeviation) / (double)rows,
        };
        for (int k = 0; k < functions; k++)
            RewardStatistics.Of(responses.Select(response => response[k])).AddTo(metrics, $"rewards/{names?[k] ?? $"func{k}"}");
        return new GroupAdvantages([.. responses.Select((response, row) => normalization.Advantage(response, groups[row]))], totals, metrics);
    }

    /// <summary>Advantages from one reward function.</summary>
    /// <param name="rewards">A reward for each response; NaN = there is none.</param>
    /// <param name="generations">Responses per prompt; at least 2, and a divisor of the number of rows.</param>
    /// <param name="options">How to scale; null = the defaults.</param>
    /// <param name="name">The name of the reward for the metrics.</param>
    /// <exception cref="ArgumentException">As for <see cref="Compute(double[,], int, AdvantageOptions, IReadOnlyList{string})"/>.</exception>
    public static GroupAdvantages Compute(IReadOnlyList<double> rewards, int generations, AdvantageOptions? options = null, string name = "func0")
    {
        double[,] column = new double[rewards.Count, 1];
        for (int row = 0; row < rewards.Count; row++) column[row, 0] = rewards[row];
        return Compute(column, generations, options, [name]);
    }

    private static void Check(double[,] rewards, int generations)
    {
        if (generations < 2)
            throw new ArgumentException(
                $"Groups of {generations}, expected at least 2: an advantage compares the responses to one prompt.", nameof(generations));
        if (rewards.GetLength(0) == 0 || rewards.GetLength(0) % generations != 0)
            throw new ArgumentException($"{rewards.GetLength(0)} rows are not whole groups of {generations}.", nameof(rewards));
        for (int row = 0; row < rewards.GetLength(0); row++)
            for (int k = 0; k < rewards.GetLength(1); k++)
                if (double.IsInfinity(rewards[row, k]))
                    throw new ArgumentException(
                        $"Row {row}: reward {k} is {rewards[row, k]}, expected a finite number, or NaN for no value.", nameof(rewards));
    }
}

/// <summary>The advantages of a batch.</summary>
/// <param name="Values">Â of each response.</param>
/// <param name="Rewards">The weighted sum of each response's rewards; NaN = no function gave a value.</param>
/// <param name="Metrics">reward, reward_std, frac_reward_zero_std, rewards/{name}/mean, rewards/{name}/std; NaN = undefined.</param>
public sealed record GroupAdvantages(double[] Values, double[] Rewards, IReadOnlyDictionary<string, double> Metrics);
