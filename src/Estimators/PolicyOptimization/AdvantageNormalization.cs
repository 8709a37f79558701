namespace MLNetAttn.Estimators;

/// <summary>What makes advantages of rewards: the statistics of each group and of the batch they were fitted on. The trainer's and GroupAdvantage's one
/// implementation.</summary>
/// <param name="Scale">What rewards are divided by.</param>
/// <param name="Aggregation">How several reward functions become one number.</param>
/// <param name="Weights">A weight for each reward function.</param>
/// <param name="Groups">Of each group: of its weighted sums alone, or, where each function is normalised first, of each function.</param>
/// <param name="Batch">Of the weighted sums of all rows.</param>
internal sealed record AdvantageNormalization(
    RewardScale Scale, RewardAggregation Aggregation, double[] Weights, RewardStatistics[][] Groups, RewardStatistics Batch)
{
    private const double Epsilon = 1e-4;

    /// <summary>The statistics of rows.</summary>
    /// <param name="rewards">[rows][reward functions]; NaN = no value.</param>
    /// <param name="groups">The group of each row, from 0.</param>
    /// <param name="groupCount">How many groups there are.</param>
    /// <param name="options">How to scale and combine; valid.</param>
    public static AdvantageNormalization Fit(IReadOnlyList<double[]> rewards, IReadOnlyList<int> groups, int groupCount, AdvantageOptions options)
    {
        int functions = rewards[0].Length;
        double[] weights = [.. options.RewardWeights ?? Enumerable.Repeat(1.0, functions)];
        bool each = options.Aggregation == RewardAggregation.NormalizeThenSum;
        var members = new List<double[]>[groupCount];
        for (int group = 0; group < groupCount; group++) members[group] = [];
        for (int row = 0; row < rewards.Count; row++) members[groups[row]].Add(rewards[row]);
        RewardStatistics[][] statistics =
        [
            .. members.Select(rows => each
                ? [.. Enumerable.Range(0, functions).Select(k => RewardStatistics.Of(rows.Select(row => row[k])))]
                : new[] { RewardStatistics.Of(rows.Select(row => Sum(row, row, weights))) }),
        ];
        var normalization = new AdvantageNormalization(options.ScaleRewards, options.Aggregation, weights, statistics, default);
        return normalization with { Batch = RewardStatistics.Of(rewards.Select((row, i) => normalization.Total(row, groups[i]))) };
    }

    /// <summary>Σ_k w_k · value over the values that are there; NaN for a row that got no reward from any function.</summary>
    /// <param name="values">What is summed.</param>
    /// <param name="rewards">Which functions gave a reward.</param>
    /// <param name="weights">A weight for each function.</param>
    public static double Sum(ReadOnlySpan<double> values, ReadOnlySpan<double> rewards, ReadOnlySpan<double> weights)
    {
        double sum = 0;
        bool scored = false;
        for (int k = 0; k < weights.Length; k++)
        {
            scored |= !double.IsNaN(rewards[k]);
            if (!double.IsNaN(values[k])) sum += weights[k] * values[k];
        }
        return scored ? sum : double.NaN;
    }

    /// <summary>Â of a row; 0 where it is undefined: for a row without a reward, and for one that is alone in its group.</summary>
    public double Advantage(double[] rewards, int group)
    {
        double total = Total(rewards, group);
        double advantage = Aggregation == RewardAggregation.NormalizeThenSum ? Normalize(total, Batch.Mean, Batch.Deviation)
            : Scale == RewardScale.None ? total - Groups[group][0].Mean
            : Normalize(total, Groups[group][0].Mean, Deviation(group));
        return double.IsNaN(advantage) ? 0 : advantage;
    }

    /// <summary>The standard deviation that says whether the rewards of a group differ at all.</summary>
    public double Deviation(int group) =>
        Scale == RewardScale.Batch || Aggregation == RewardAggregation.NormalizeThenSum ? Batch.Deviation : Groups[group][0].Deviation;

    private double Total(double[] rewards, int group) => Sum(
        Aggregation == RewardAggregation.NormalizeThenSum
            ? [.. rewards.Select((reward, k) => Normalize(reward, Groups[group][k].Mean, Groups[group][k].Deviation))]
            : rewards,
        rewards,
        Weights);

    private static double Normalize(double value, double mean, double deviation) => (value - mean) / (deviation + Epsilon);
}
