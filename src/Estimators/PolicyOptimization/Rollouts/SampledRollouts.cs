using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>Responses that the policy samples, and what the reward says of them.</summary>
/// <param name="policy">The policy that learns.</param>
/// <param name="prompts">The prompts.</param>
/// <param name="reward">Scores responses.</param>
/// <param name="options">How to sample.</param>
/// <param name="cancellation">Ends the work.</param>
/// <param name="context">Marks errors as ML.NET does.</param>
/// <param name="warn">Writes a warning.</param>
internal sealed class SampledRollouts(
    LearningPolicy policy, PromptSet prompts, RewardFunction reward, PolicyOptimizationOptions options,
    RunCancellation cancellation, IExceptionContext context, Action<string> warn)
    : IRolloutSource
{
    /// <inheritdoc/>
    public void Restore(PolicyOptimizationState state)
    {
        if (reward.NeedsFit && state.RewardSample is { } sample) reward.Fit(context, prompts.Rollouts(sample.Rows, sample.TokenIds));
    }

    /// <inheritdoc/>
    public PolicyOptimizationState Prepare(PolicyOptimizationState state)
    {
        if (!reward.NeedsFit) return state;
        int[] rows = SeededOrder.Visit(prompts.Count, state.Visited, options.PromptsPerStep, options.Seed);
        return FitReward(state, rows, Generate(rows, SamplingSeed(step: 0)));
    }

    /// <inheritdoc/>
    public (RolloutBatch Batch, PolicyOptimizationState State) Next(int step, PolicyOptimizationState state, StepMetrics metrics)
    {
        ulong seed = SamplingSeed(step);
        List<Group> wanted = [], equal = [];
        for (int round = 0; round <= options.ResamplingRounds && wanted.Count < options.PromptsPerStep; round++)
        {
            // Groups whose rewards are all equal teach nothing: the next prompts take their place.
            int missing = options.PromptsPerStep - wanted.Count;
            int[] rows = SeededOrder.Visit(prompts.Count, state.Visited, missing, options.Seed);
            Group[] groups = Sample(rows, round == 0 ? seed : RandomUniform.Branch(seed, round), metrics, ref state);
            state = state with { Visited = state.Visited + missing };
            foreach (Group group in groups) (group.Differs || options.ResamplingRounds == 0 ? wanted : equal).Add(group);
        }
        if (options.ResamplingRounds > 0) metrics.Resampled(equal.Count);
        Group[] batch = [.. wanted, .. equal.Take(options.PromptsPerStep - wanted.Count)];
        metrics.RewardParts(reward.PartNames, [.. batch.SelectMany(group => group.Scores)]);
        return (new RolloutBatch(
            [.. batch.SelectMany(group => group.Samples.Select(sample =>
                new TokenSequence(prompts.TokenIds[group.Row], sample.TokenIds) { KeptIds = sample.KeptIds }))],
            [.. batch.SelectMany(group => group.Samples.Select(sample => sample.FinishReason))],
            [.. batch.SelectMany(group => group.Scores.Select(score => score.Values))],
            OldLogProbabilities: null), state);
    }

    private Group[] Sample(int[] rows, ulong seed, StepMetrics metrics, ref PolicyOptimizationState state)
    {
        metrics.Begin();
        IReadOnlyList<GeneratedSequence> samples = Generate(rows, seed);
        metrics.Lap("time/sample");
        cancellation.ThrowIfRequested();
        if (reward.NeedsFit) state = FitReward(state, rows, samples);
        state = state with { Tokens = state.Tokens + samples.Sum(sample => prompts.TokenIds[rows[sample.PromptIndex]].Length + sample.TokenIds.Length) };
        RewardScore[] scores = reward.Evaluate(context, prompts.Rollouts(rows, samples), options.MissingReward, warn, cancellation);
        metrics.Lap("time/reward");
        return [.. rows.Select((row, i) =>
        {
            RewardScore[] own = scores[(i * options.Generations)..((i + 1) * options.Generations)];
            return new Group(row, [.. samples.Skip(i * options.Generations).Take(options.Generations)], own, Differ(own));
        })];
    }

    // Rewards that are normalized before they are added tell responses apart whose sums are equal; those that weigh nothing do not.
    private bool Differ(RewardScore[] scores) => options.RewardAggregation == RewardAggregation.NormalizeThenSum
        ? options.Rewards.Weights.Index().Any(column => column.Item != 0 && Differ(scores.Select(score => score.Values[column.Index])))
        : Differ(scores.Select(score => score.Reward));

    private static bool Differ(IEnumerable<double> rewards) => rewards.Where(reward => !double.IsNaN(reward)).Distinct().Skip(1).Any();

    private ulong SamplingSeed(int step) => RandomUniform.Stream(options.Seed, step, (int)RandomPurpose.Sampling);

    private IReadOnlyList<GeneratedSequence> Generate(int[] rows, ulong seed) => cancellation.Generate(
        policy.Model,
        [.. rows.Select(row => prompts.TokenIds[row])],
        options.Sampling(options.Generations, temperature: null, seed) with { KeepsIds = true });

    private PolicyOptimizationState FitReward(PolicyOptimizationState state, int[] rows, IReadOnlyList<GeneratedSequence> samples)
    {
        state = state with
        {
            RewardSample = new RewardSample(
                [.. samples.Select(sample => rows[sample.PromptIndex])],
                [.. samples.Select(sample => sample.TokenIds)]),
        };
        Restore(state);
        return state;
    }

    /// <summary>The responses to one prompt.</summary>
    /// <param name="Row">The prompt.</param>
    /// <param name="Samples">The responses.</param>
    /// <param name="Scores">Their rewards.</param>
    /// <param name="Differs">Whether their rewards differ, so that they have advantages.</param>
    private sealed record Group(int Row, GeneratedSequence[] Samples, RewardScore[] Scores, bool Differs);
}
