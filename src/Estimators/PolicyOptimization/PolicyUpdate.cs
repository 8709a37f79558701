using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>One update of the policy: the clipped surrogate of a mini-batch, its gradient, AdamW.</summary>
/// <param name="policy">The policy that learns.</param>
/// <param name="options">How to train.</param>
internal sealed class PolicyUpdate(LearningPolicy policy, PolicyOptimizationOptions options)
{
    /// <summary>Moves the policy.</summary>
    /// <param name="miniBatch">The responses to learn from.</param>
    /// <param name="tokensInBatch">Tokens of all the step's responses that count.</param>
    /// <param name="fused">Gives credit from the pass of this very update; null = advantages have it already.</param>
    public IReadOnlyDictionary<string, double> Run(IReadOnlyList<Rollout> miniBatch, long tokensInBatch, FusedCredit? fused = null)
    {
        double learningRate = policy.LearningRate;
        try
        {
            Dictionary<string, double> metrics = Accumulate(miniBatch, tokensInBatch, fused);
            metrics["grad_norm"] = policy.Clip();
            (metrics["learning_rate"], metrics["skipped_updates"]) = (learningRate, 0);
            policy.Apply();
            return metrics;
        }
        catch (NotFiniteNumberException) when (options.NonFinite == NonFiniteUpdate.Skip)
        {
            policy.Skip();
            return new Dictionary<string, double> { ["learning_rate"] = learningRate, ["skipped_updates"] = 1 };
        }
    }

    /// <summary>Computes the mini-batch's gradient, in parts of b responses of up to T tokens whose losses add up.</summary>
    internal Dictionary<string, double> Accumulate(IReadOnlyList<Rollout> miniBatch, long tokensInBatch, FusedCredit? fused = null)
    {
        var metrics = new MetricSums();
        foreach (Rollout[] rollouts in miniBatch.Chunk(miniBatch.Count / options.GradientAccumulationSteps))
        {
            using var scope = NewDisposeScope();
            (TokenScores scores, Rollout[] part) = fused is not null ? Score(fused, rollouts) : (Score(rollouts), rollouts);
            PolicyLossResult result = PolicyLoss.Compute(
                new PolicyLossBatch
                {
                    LogProbabilities = scores.LogProbabilities,                                                              // [b, T]
                    Entropies = scores.Entropies,                                                                            // [b, T]
                    OldLogProbabilities = Rollout.Pad(part, rollout => rollout.OldLogProbabilities, policy.Model.Device),     // [b, T]
                    ReferenceLogProbabilities = Rollout.Pad(part, rollout => rollout.ReferenceLogProbabilities, policy.Model.Device),
                    Advantages = Advantages(part),                                                                           // [b, T], or [b]
                    Mask = Rollout.Pad(part, rollout => rollout.Mask, policy.Model.Device)!,
                    TokensInBatch = tokensInBatch,
                    MaxCompletionLength = options.MaxNewTokens,
                    GradientAccumulationSteps = options.GradientAccumulationSteps,
                    StepsPerGeneration = options.MiniBatches * options.GradientAccumulationSteps,
                },
                options.Loss);
            // Of a part in which no token counts the loss is 0, and what tokens have in the mean is not known.
            bool inLoss = part.Any(rollout => rollout.InLoss);
            foreach ((string name, double value) in result.Metrics) metrics.Add(name, inLoss || name == "policy_loss" ? value : double.NaN);
            metrics.Add("loss", policy.Accumulate(result.Loss) * options.GradientAccumulationSteps);
        }
        return metrics.Means();
    }

    /// <summary>Ã of each token; of each response where it has one ratio (and thus, as options are checked, one advantage), so that clip_ratio counts responses
    /// there, as TRL does.</summary>
    private Tensor Advantages(Rollout[] part) => options.Loss.ImportanceSampling == ImportanceSampling.Sequence
        ? tensor(part.Select(rollout => rollout.Advantages.FirstOrDefault()).ToArray(), device: policy.Model.Device)
        : Rollout.Pad(part, rollout => rollout.Advantages, policy.Model.Device)!;

    private TokenScores Score(Rollout[] rollouts) => PackedScores.Score(
        policy.Model.Decoder,
        [.. rollouts.Select(rollout => rollout.Sequence)],
        options.Temperature,
        options.Loss.HasEntropy ? EntropyUse.Gradient : EntropyUse.Value);

    private (TokenScores Scores, Rollout[] Rollouts) Score(FusedCredit fused, Rollout[] rollouts)
    {
        try
        {
            return fused.Score(policy.Model.Decoder, rollouts, options.Loss.HasEntropy);
        }
        catch (NotFiniteNumberException exception)
        {
            throw policy.NotFinite("the attention of its own pass is not finite", cause: exception);
        }
    }
}
