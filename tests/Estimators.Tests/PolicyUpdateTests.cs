using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators.Tests;

public class PolicyUpdateTests
{
    [Theory]
    [InlineData(PolicyLossType.Grpo)]
    [InlineData(PolicyLossType.DrGrpo)]
    [InlineData(PolicyLossType.Dapo)]
    public void A_mini_batch_in_parts_gives_the_same_update(PolicyLossType type)
    {
        using CausalLanguageModel model = TinyModels.Create();
        Dictionary<string, float[]> whole = Update(model, type, parts: 1, out double loss), parts = Update(model, type, parts: 4, out double lossInParts);
        lossInParts.Should().BeApproximately(loss, 1e-5);
        foreach ((string name, float[] values) in whole) parts[name].Zip(values, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(2e-5f, name);
    }

    /// <summary>Each of two mini-batches brings its share of the N tokens that the step has: Σ l·m / (N / 2), in however many parts.</summary>
    [Theory]
    [InlineData(PolicyLossType.Dapo, 1)]
    [InlineData(PolicyLossType.Dapo, 2)]
    [InlineData(PolicyLossType.Cispo, 2)]
    public void Of_several_mini_batches_each_divides_by_its_share_of_the_steps_tokens(PolicyLossType type, int parts)
    {
        using CausalLanguageModel model = TinyModels.Create();
        var options = new PolicyOptimizationOptions
        {
            PromptsPerStep = 2,
            Generations = 4,
            MiniBatches = 2,
            GradientAccumulationSteps = parts,
            Loss = new PolicyLossOptions { Type = type, EpsilonHigh = 5 },
        };
        Rollout[] step = Responses(8), miniBatch = step[..4];
        int tokens = step.Sum(rollout => rollout.Advantages.Length);
        IReadOnlyList<float[]> logs = model.LogProbabilities([.. miniBatch.Select(rollout => rollout.Sequence)]);
        // The ratio is 1: l is −Â, and in cispo −Â · log π.
        double sum = miniBatch.Zip(logs, (rollout, log) => rollout.Advantages.Zip(log, (a, p) => -a * (type == PolicyLossType.Cispo ? p : 1)).Sum()).Sum();

        using var policy = new LearningPolicy(model, options, totalUpdates: 2);
        new PolicyUpdate(policy, options).Run(miniBatch, tokens)["loss"].Should().BeApproximately(sum / (tokens / 2.0), 1e-5);
    }

    [Theory]
    [InlineData(ImportanceSampling.Sequence, 1 / 2.0)]
    [InlineData(ImportanceSampling.SequenceToken, 2 / 10.0)]
    public void Of_responses_with_one_ratio_each_responses_are_counted_that_were_clipped(ImportanceSampling sampling, double clipped)
    {
        using CausalLanguageModel model = TinyModels.Create();
        var options = new PolicyOptimizationOptions { PromptsPerStep = 1, Generations = 2, Loss = new PolicyLossOptions { ImportanceSampling = sampling } };
        using var policy = new LearningPolicy(model, options, totalUpdates: 1);
        // The first became much likelier, the second not.
        Rollout[] rollouts = [Response(tokens: 2, old: -50), Response(tokens: 8, old: 0)];
        Dictionary<string, double> metrics = new PolicyUpdate(policy, options).Accumulate(rollouts, tokensInBatch: 10);
        metrics["clip_ratio/high_mean"].Should().BeApproximately(clipped, 1e-6);
        metrics["clip_ratio/region_mean"].Should().BeApproximately(clipped, 1e-6);
        metrics["clip_ratio/high_max"].Should().Be(1);

        static Rollout Response(int tokens, float old) => new()
        {
            Sequence = new TokenSequence([1, 2], [.. Enumerable.Range(0, tokens).Select(i => 3 + i % 4)]),
            Advantages = [.. Enumerable.Repeat(1f, tokens)],
            OldLogProbabilities = [.. Enumerable.Repeat(old, tokens)],
        };
    }

    private static Dictionary<string, float[]> Update(CausalLanguageModel model, PolicyLossType type, int parts, out double loss)
    {
        var options = new PolicyOptimizationOptions
        {
            PromptsPerStep = 2,
            Generations = 4,
            GradientAccumulationSteps = parts,
            LearningRate = 1e-3,
            Loss = new PolicyLossOptions { Type = type },
        };
        Rollout[] rollouts = Responses(8);
        using var policy = new LearningPolicy(model, options, totalUpdates: 1);
        loss = new PolicyUpdate(policy, options).Run(rollouts, tokensInBatch: rollouts.Sum(rollout => rollout.Advantages.Length))["loss"];
        return TinyModels.Snapshot(policy.Model);
    }

    private static Rollout[] Responses(int count)
    {
        var random = new Random(6);
        return [.. Enumerable.Range(0, count).Select(i => new Rollout
        {
            Sequence = new TokenSequence([1, 2], [.. Enumerable.Range(0, 3 + i).Select(_ => random.Next(1, TinyModels.Vocabulary))]),
            Advantages = [.. Enumerable.Range(0, 3 + i).Select(_ => random.NextSingle() - 0.5f)],
        })];
    }
}
