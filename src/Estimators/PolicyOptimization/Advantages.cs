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
    /// <exception cref="ArgumentException">A group size below 2, rows that are not whole groups or not of one length, an infinite reward (the row is named), or
    /// an option out of range.</exception>
    public static GroupAdvantages Compute(
        IReadOnlyList<double[]> rewards, int generations, AdvantageOptions? options = null, IReadOnlyList<string>? names = null)
    {
        Check(rewards, generations);
        int rows = rewards.Count, functions = rewards[0].Length;
        options ??= new AdvantageOptions();
        options.Validate(functions);
        int[] groups = [.. Enumerable.Range(0, rows).Select(row => row / generations)];
        var normalization = AdvantageNormalization.Fit(rewards, groups, rows / generations, options);
        double[] totals =
            [.. rewards.Select(response => AdvantageNormalization.Sum(response, response, normalization.Weights))]; // [rows]

        var metrics = new Dictionary<string, double>
        {
            ["reward"] = RewardStatistics.Of(totals).Mean,
            ["reward_std"] = RewardStatistics.Of(totals).Deviation,
            ["frac_reward_zero_std"] = groups.Count(group => Math.Abs(normalization.Deviation(group)) <= ZeroDeviation) / (double)rows,
        };
        for (int k = 0; k < functions; k++)
            RewardStatistics.Of(rewards.Select(response => response[k])).AddTo(metrics, $"rewards/{names?[k] ?? $"func{k}"}");
        return new GroupAdvantages([.. rewards.Select((response, row) => normalization.Advantage(response, groups[row]))], totals, metrics);
    }

    /// <summary>Advantages from one reward function.</summary>
    /// <param name="rewards">A reward for each response; NaN = there is none.</param>
    /// <param name="generations">Responses per prompt; at least 2, and a divisor of the number of rows.</param>
    /// <param name="options">How to scale; null = the defaults.</param>
    /// <param name="name">The name of the reward for the metrics.</param>
    /// <exception cref="ArgumentException">As for <see cref="Compute(IReadOnlyList{double[]}, int, AdvantageOptions, IReadOnlyList{string})"/>.</exception>
    public static GroupAdvantages Compute(IReadOnlyList<double> rewards, int generations, AdvantageOptions? options = null, string name = "func0") =>
        Compute([.. rewards.Select(reward => new[] { reward })], generations, options, [name]);

    private static void Check(IReadOnlyList<double[]> rewards, int generations)
    {
        if (generations < 2)
            throw new ArgumentException(
                $"Groups of {generations}, expected at least 2: an advantage compares the responses to one prompt.", nameof(generations));
        if (rewards.Count == 0 || rewards.Count % generations != 0)
            throw new ArgumentException($"{rewards.Count} rows are not whole groups of {generations}.", nameof(rewards));
        for (int row = 0; row < rewards.Count; row++)
        {
            if (rewards[row].Length != rewards[0].Length)
                throw new ArgumentException($"Row {row} has {rewards[row].Length} rewards, and row 0 {rewards[0].Length}, expected as many.", nameof(rewards));
            for (int k = 0; k < rewards[row].Length; k++)
                if (double.IsInfinity(rewards[row][k]))
                    throw new ArgumentException(
                        $"Row {row}: reward {k} is {rewards[row][k]}, expected a finite number, or NaN for no value.", nameof(rewards));
        }
    }
}

/// <summary>The advantages of a batch.</summary>
/// <param name="Values">Â of each response.</param>
/// <param name="Rewards">The weighted sum of each response's rewards; NaN = no function gave a value.</param>
/// <param name="Metrics">reward, reward_std, frac_reward_zero_std, rewards/{name}/mean, rewards/{name}/std; NaN = undefined.</param>
public sealed record GroupAdvantages(double[] Values, double[] Rewards, IReadOnlyDictionary<string, double> Metrics);
