using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>The policy loss of GRPO and its relatives (Eq. 6 of arXiv 2510.13554; TRL's <c>GRPOTrainer._compute_loss</c>), with per-token advantages.</summary>
public static class PolicyLoss
{
    private const double LogRatioBound = 20;

    /// <summary>Loss and metrics of one micro-batch. In TRL's training mode; for its evaluation mode leave the accumulation counts of the batch at 1.</summary>
    /// <param name="batch">The tensors, float32 or float64; the loss has their type.</param>
    /// <param name="options">Which loss.</param>
    /// <exception cref="ArgumentException">An option is out of range, or a tensor is missing or has the wrong shape.</exception>
    public static PolicyLossResult Compute(PolicyLossBatch batch, PolicyLossOptions options)
    {
        options.Validate();
        batch.Validate(options);
        using var scope = NewDisposeScope();

        Tensor logp = batch.LogProbabilities;                                                           // [B, T]
        Tensor mask = batch.Mask.to(logp.dtype);                                                        // [B, T]
        Tensor rowTokens = mask.sum(1, keepdim: true).Clamp_(min: 1);                                   // [B, 1]
        Tensor advantages = batch.Advantages.to(logp.dtype);
        if (advantages.dim() == 1) advantages = advantages.unsqueeze(1);                                // [B, 1] or [B, T]
        Tensor ratio = Ratio(logp, batch.OldLogProbabilities ?? logp.detach(), mask, rowTokens, options); // [B, T]; [B, 1] for sequences
        Tensor kept = HighEntropy(batch.Entropies, mask, options.TopEntropyQuantile);                   // [B, T]

        (Tensor surrogate, Dictionary<string, Tensor> metrics) = Surrogate(logp, ratio, advantages, mask, rowTokens, options);
        Tensor terms = -surrogate * kept;                                                               // [B, T]
        if (options.NeedsReference)
        {
            Tensor divergence = Divergence(batch.ReferenceLogProbabilities! - logp, options.KlEstimator);
            if (options.UseBiasCorrectionKl) divergence = divergence * ratio;
            terms = terms.Plus(divergence.Times(options.Beta));
            metrics["kl"] = MaskedMean(divergence, mask);
        }

        Tensor policyLoss = Normalize(terms * mask, mask, rowTokens, batch, options.Type);
        Tensor loss = DividesByAccumulation(options.Type) ? policyLoss.Over(batch.GradientAccumulationSteps) : policyLoss;
        if (batch.Entropies is { } entropies)
        {
            metrics["entropy"] = MaskedMean(entropies, mask);
            if (options.EntropyCoefficient != 0)
            {
                loss = loss - MaskedMean(entropies, mask * kept).Times(options.EntropyCoefficient / batch.GradientAccumulationSteps);
                metrics["entropy_coef"] = tensor(options.EntropyCoefficient, logp.dtype, logp.device);
            }
        }
        metrics["policy_loss"] = policyLoss;
        return new PolicyLossResult(loss.MoveToOuterDisposeScope(), Read(metrics));
    }

    /// <summary>r = π/π_old per token, or what takes its place at sequence level.</summary>
    private static Tensor Ratio(Tensor logp, Tensor old, Tensor mask, Tensor rowTokens, PolicyLossOptions options)
    {
        Tensor logRatio = logp - old;
        if (options.ImportanceSampling != ImportanceSampling.Token)
        {
            Tensor mean = (logRatio * mask).sum(1, keepdim: true) / rowTokens;                          // [B, 1]
            // GSPO-token: the value of the sequence's ratio, the gradient of the token's.
            logRatio = options.ImportanceSampling == ImportanceSampling.Sequence ? mean : mean.detach().Plus(logp - logp.detach());
        }
        if (!options.ClampLogRatio) return logRatio.exp();
        // The bound is for ratios that are extreme, not for those that are none: ±∞ · 0 is NaN, so that the loss says it.
        return logRatio.Clamped(-LogRatioBound, LogRatioBound).Plus(logRatio.detach().Times(0)).exp();
    }

    /// <summary>What is maximised, and how often it was clipped.</summary>
    private static (Tensor Surrogate, Dictionary<string, Tensor> Metrics) Surrogate(
        Tensor logp, Tensor ratio, Tensor advantages, Tensor mask, Tensor rowTokens, PolicyLossOptions options)
    {
        double low = 1 - options.Epsilon, high = options.EpsilonHigh ?? options.Epsilon;
        if (options.Type == PolicyLossType.Cispo)
        {
            Tensor capped = ratio.detach().Clamped(max: high);
            Tensor isCapped = ratio.Above(high).logical_and(advantages.Above(0)).to(logp.dtype);
            return (capped * advantages * logp, new() { ["cispo_clip_ratio"] = ClipMean(isCapped, mask) });
        }

        Tensor clipped = ratio.Clamped(low, 1 + high);
        if (options.Delta is { } delta) ratio = ratio.Clamped(max: delta);
        Tensor surrogate = minimum(ratio * advantages, clipped * advantages);                           // [B, T], or [B, 1]
        if (options.DualClip is { } dual) surrogate = where(advantages.Below(0), maximum(surrogate, advantages.Times(dual)), surrogate);

        Tensor isLow = ratio.Below(low).logical_and(advantages.Below(0)).to(logp.dtype),
            isHigh = ratio.Above(1 + high).logical_and(advantages.Above(0)).to(logp.dtype);
        Tensor lowShares = RowShares(isLow, mask, rowTokens), highShares = RowShares(isHigh, mask, rowTokens);
        return (surrogate, new()
        {
            ["clip_ratio/low_mean"] = ClipMean(isLow, mask),
            ["clip_ratio/low_min"] = lowShares.numel() == 0 ? Undefined(isLow) : lowShares.min(),
            ["clip_ratio/high_mean"] = ClipMean(isHigh, mask),
            ["clip_ratio/high_max"] = highShares.numel() == 0 ? Undefined(isHigh) : highShares.max(),
            ["clip_ratio/region_mean"] = ClipMean(isLow.Plus(isHigh), mask),
        });
    }

    /// <summary>1 for the tokens whose policy term counts: those at or above the (1 − share) quantile of entropy among the tokens that the mask leaves.
    /// Float32, as the reference computes it.</summary>
    private static Tensor HighEntropy(Tensor? entropies, Tensor mask, double share)
    {
        if (share == 1) return ones_like(mask);
        Tensor uncertainty = entropies!.detach().to(ScalarType.Float32), inside = uncertainty.masked_select(mask.Above(0));
        return inside.numel() == 0 ? zeros_like(mask) : uncertainty.ge(inside.quantile(tensor((float)(1 - share), device: mask.device))).to(mask.dtype) * mask;
    }

    /// <summary>KL(π ‖ π_ref) of each token from x = log π_ref − log π. The exponent is not clamped: its gradient is what pulls a policy back that went
    /// far.</summary>
    private static Tensor Divergence(Tensor x, KlEstimator estimator) => estimator switch
    {
        KlEstimator.K1 => -x,
        KlEstimator.K2 => (x * x).Over(2),
        _ => (x.exp() - x).Minus(1),
    };

    /// <summary>Σ of the terms by the rule of the loss type, before gradient accumulation.</summary>
    private static Tensor Normalize(Tensor terms, Tensor mask, Tensor rowTokens, PolicyLossBatch batch, PolicyLossType type) => type switch
    {
        PolicyLossType.Grpo => (terms.sum(1, keepdim: true) / rowTokens).mean(),
        PolicyLossType.Bnpo => terms.sum() / mask.sum().Clamp_(min: 1),
        PolicyLossType.DrGrpo => terms.sum().Over((double)terms.size(0) * (batch.MaxCompletionLength ?? terms.size(1))),
        // Each micro-batch brings its share of the generation batch's tokens: ga of steps_per_generation micro-batches make an update.
        _ => terms.sum() / TokensInBatch(batch, mask).Clamped(min: 1).Times((double)batch.GradientAccumulationSteps / batch.StepsPerGeneration),
    };

    private static bool DividesByAccumulation(PolicyLossType type) => type is PolicyLossType.Grpo or PolicyLossType.Bnpo or PolicyLossType.DrGrpo;

    private static Tensor TokensInBatch(PolicyLossBatch batch, Tensor mask) =>
        batch.TokensInBatch is { } count ? tensor((double)count, mask.dtype, mask.device) : mask.sum();

    private static Tensor MaskedMean(Tensor values, Tensor mask) => (values * mask).sum() / mask.sum().Clamp_(min: 1);

    /// <summary>Share of tokens; of rows where a row has one ratio and one advantage.</summary>
    private static Tensor ClipMean(Tensor flags, Tensor mask) => flags.size(1) == 1 ? flags.mean() : MaskedMean(flags, mask);

    /// <summary>The clipped share of each row that has tokens.</summary>
    private static Tensor RowShares(Tensor flags, Tensor mask, Tensor rowTokens) =>
        flags.size(1) == 1 ? flags : ((flags * mask).sum(1, keepdim: true) / rowTokens).masked_select(mask.sum(1, keepdim: true).Above(0));

    private static Tensor Undefined(Tensor like) => tensor(double.NaN, like.dtype, like.device);

    /// <summary>All numbers in one copy from the device.</summary>
    private static Dictionary<string, double> Read(Dictionary<string, Tensor> metrics)
    {
        double[] values = stack(metrics.Values.Select(value => value.detach().to(ScalarType.Float64))).ToDoubles();
        return metrics.Keys.Zip(values).ToDictionary(entry => entry.First, entry => entry.Second);
    }
}
