namespace MLNetAttn.Estimators;

/// <summary>Group-relative advantages (Eq. 5; rl.md 1; TRL's GRPOTrainer, in double): Â = (R − mean of its group) / (standard deviation + 1e-4).</summary>
public static class Advantages
{
    private const double Epsilon = 1e-4;
    private const double ZeroDeviation = 1e-8;

    /// <summary>Advantages of a batch of responses.</summary>
    /// <remarks>A value that is missing counts 0 in its row's weighted sum. A row for which every function gave nothing leaves its group's statistics and has advantage 0, as has a row that is alone in its group.</remarks>
    /// <param name="rewards">[responses, reward functions]; NaN = the function gave no value. Groups are consecutive rows.</param>
    /// <param name="generations">Responses per prompt; at least 2, and a divisor of the number of rows.</param>
    /// <param name="options">How to scale and combine; null = the defaults.</param>
    /// <param name="names">Names of the reward functions for the metrics; null = func0, func1, …</param>
    /// <exception cref="ArgumentException">A group size below 2, rows that are not whole groups, an infinite reward (the row is named), or an option out of range.</exception>
    public static GroupAdvantages Compute(double[,] rewards, int generations, AdvantageOptions? options = null, IReadOnlyList<string>? names = null)
    {
        int rows = rewards.GetLength(0), functions = rewards.GetLength(1);
        options ??= new AdvantageOptions();
        options.Validate(functions);
        Check(rewards, generations);

        double[] weights = [.. options.RewardWeights ?? Enumerable.Repeat(1.0, functions)];
        double[] totals = WeightedSum(rewards, rewards, weights);                                       // [rows]
        (double[] advantages, double[] deviations) = options.Aggregation == RewardAggregation.SumThenNormalize
            ? Normalize(totals, generations, options.ScaleRewards)
            : NormalizeBatch(WeightedSum(NormalizeFunctions(rewards, generations), rewards, weights));

        var metrics = new Dictionary<string, double>
        {
            ["reward"] = Statistics.Of(totals).Mean,
            ["reward_std"] = Statistics.Of(totals).Deviation,
            ["frac_reward_zero_std"] = deviations.Count(deviation => Math.Abs(deviation) <= ZeroDeviation) / (double)rows,
        };
        for (int k = 0; k < functions; k++)
        {
            string name = names?[k] ?? $"func{k}";
            Statistics statistics = Statistics.Of(Column(rewards, k));
            (metrics[$"rewards/{name}/mean"], metrics[$"rewards/{name}/std"]) = (statistics.Mean, statistics.Deviation);
        }
        return new GroupAdvantages([.. advantages.Select(a => double.IsNaN(a) ? 0 : a)], totals, metrics);
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

    private static (double[] Advantages, double[] Deviations) Normalize(double[] totals, int generations, RewardScale scale)
    {
        double[] advantages = new double[totals.Length], deviations = new double[totals.Length];
        double batchDeviation = Statistics.Of(totals).Deviation;
        for (int start = 0; start < totals.Length; start += generations)
        {
            Statistics group = Statistics.Of(totals.AsSpan(start, generations));
            double deviation = scale == RewardScale.Batch ? batchDeviation : group.Deviation;
            for (int row = start; row < start + generations; row++)
            {
                deviations[row] = deviation;
                advantages[row] = (totals[row] - group.Mean) / (scale == RewardScale.None ? 1 : deviation + Epsilon);
            }
        }
        return (advantages, deviations);
    }

    private static (double[] Advantages, double[] Deviations) NormalizeBatch(double[] totals)
    {
        Statistics batch = Statistics.Of(totals);
        return ([.. totals.Select(total => (total - batch.Mean) / (batch.Deviation + Epsilon))], [.. Enumerable.Repeat(batch.Deviation, totals.Length)]);
    }

    private static double[,] NormalizeFunctions(double[,] rewards, int generations)
    {
        double[,] result = new double[rewards.GetLength(0), rewards.GetLength(1)];
        for (int k = 0; k < rewards.GetLength(1); k++)
        {
            (double[] normalized, _) = Normalize(Column(rewards, k), generations, RewardScale.Group);
            for (int row = 0; row < normalized.Length; row++) result[row, k] = normalized[row];
        }
        return result;
    }

    /// <summary>Σ_k w_k · value over the values that are there; NaN for a row that got no reward from any function.</summary>
    private static double[] WeightedSum(double[,] values, double[,] rewards, double[] weights)
    {
        double[] sums = new double[values.GetLength(0)];
        for (int row = 0; row < sums.Length; row++)
        {
            bool scored = false;
            for (int k = 0; k < weights.Length; k++)
            {
                scored |= !double.IsNaN(rewards[row, k]);
                if (!double.IsNaN(values[row, k])) sums[row] += weights[k] * values[row, k];
            }
            if (!scored) sums[row] = double.NaN;
        }
        return sums;
    }

    private static double[] Column(double[,] values, int column) => [.. Enumerable.Range(0, values.GetLength(0)).Select(row => values[row, column])];

    private static void Check(double[,] rewards, int generations)
    {
        if (generations < 2) throw new ArgumentException($"Groups of {generations}, expected at least 2: an advantage compares the responses to one prompt.", nameof(generations));
        if (rewards.GetLength(0) == 0 || rewards.GetLength(0) % generations != 0)
            throw new ArgumentException($"{rewards.GetLength(0)} rows are not whole groups of {generations}.", nameof(rewards));
        for (int row = 0; row < rewards.GetLength(0); row++)
            for (int k = 0; k < rewards.GetLength(1); k++)
                if (double.IsInfinity(rewards[row, k])) throw new ArgumentException($"Row {row}: reward {k} is {rewards[row, k]}, expected a finite number, or NaN for no value.", nameof(rewards));
    }

    /// <summary>Mean and sample standard deviation (n − 1) of the values that are there; NaN where they are undefined.</summary>
    private readonly record struct Statistics(double Mean, double Deviation)
    {
        public static Statistics Of(ReadOnlySpan<double> values)
        {
            double sum = 0, squares = 0, low = double.PositiveInfinity, high = double.NegativeInfinity;
            int count = 0;
            foreach (double value in values)
            {
                if (double.IsNaN(value)) continue;
                (sum, low, high, count) = (sum + value, Math.Min(low, value), Math.Max(high, value), count + 1);
            }
            if (count == 0) return new(double.NaN, double.NaN);
            // Equal values: a mean that is off by one unit in the last place would make advantages out of nothing.
            if (low == high) return new(low, count > 1 ? 0 : double.NaN);
            double mean = sum / count;
            foreach (double value in values)
                if (!double.IsNaN(value)) squares += (value - mean) * (value - mean);
            return new(mean, Math.Sqrt(squares / (count - 1)));
        }
    }
}

/// <summary>The advantages of a batch.</summary>
/// <param name="Values">Â of each response.</param>
/// <param name="Rewards">The weighted sum of each response's rewards; NaN = no function gave a value.</param>
/// <param name="Metrics">reward, reward_std, frac_reward_zero_std, rewards/{name}/mean, rewards/{name}/std; NaN = undefined.</param>
public sealed record GroupAdvantages(double[] Values, double[] Rewards, IReadOnlyDictionary<string, double> Metrics);
