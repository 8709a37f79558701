using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>Measures the policy on validation prompts, with the same random numbers each time.</summary>
/// <param name="policy">The policy.</param>
/// <param name="prompts">The validation prompts.</param>
/// <param name="reward">Scores responses; fitted.</param>
/// <param name="options">How to sample.</param>
/// <param name="cancellation">Ends it.</param>
/// <param name="context">Marks errors as ML.NET does.</param>
/// <param name="warn">Writes a warning.</param>
internal sealed class PolicyEvaluation(
    LearningPolicy policy, PromptSet prompts, RewardFunction reward, PolicyOptimizationOptions options,
    RunCancellation cancellation, IExceptionContext context, Action<string> warn)
{
    /// <summary>Samples and scores responses to all validation prompts.</summary>
    /// <returns>eval_reward, eval_reward_std, eval_rewards/left_out, eval_completions/mean_length, eval_completions/clipped_ratio, and eval_rewards/{name}/mean
    /// and /std of what the reward is made of.</returns>
    public IReadOnlyDictionary<string, double> Measure()
    {
        IReadOnlyList<GeneratedSequence> samples = cancellation.Generate(
            policy.Model,
            prompts.TokenIds,
            options.Sampling(
                options.EvaluationGenerations,
                options.EvaluationTemperature,
                RandomUniform.Stream(options.Seed, 0, (int)RandomPurpose.Evaluation)));
        cancellation.ThrowIfRequested();
        RewardScore[] scores = ValidationRows.Named(context, () => reward.Evaluate(
            context,
            prompts.Rollouts([.. Enumerable.Range(0, prompts.Count)], samples),
            options.MissingReward,
            warning => warn($"Validation rows: {warning}"),
            cancellation));
        RewardStatistics rewards = RewardStatistics.Of(scores.Select(score => score.Reward));
        var metrics = new Dictionary<string, double>
        {
            ["eval_reward"] = rewards.Mean,
            ["eval_reward_std"] = rewards.Deviation,
            ["eval_rewards/left_out"] = scores.Count(score => double.IsNaN(score.Reward)),
            ["eval_completions/mean_length"] = samples.Average(sample => sample.TokenIds.Length),
            ["eval_completions/clipped_ratio"] = samples.Average(sample => sample.FinishReason == FinishReason.Length ? 1.0 : 0.0),
        };
        string[] columns = options.Rewards.Names;
        // One reward alone is eval_reward.
        for (int column = 0; column < columns.Length && columns.Length > 1; column++) Add(columns[column], score => score.Values[column]);
        foreach ((int part, string name) in reward.PartNames.Index()) Add(name, score => score.Parts[part]);
        return metrics;

        void Add(string name, Func<RewardScore, double> value) => RewardStatistics.Of(scores.Select(value)).AddTo(metrics, $"eval_rewards/{name}");
    }
}
