using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>The clipped surrogate of the GRPO family, with TRL's names, meanings and (where nothing else is said) defaults.</summary>
public sealed record PolicyLossOptions
{
    /// <summary>How token terms become one number (loss_type). Default <see cref="PolicyLossType.Grpo"/>, the paper's 1/|o| (Eq. 12); TRL's default is
    /// <see cref="PolicyLossType.Dapo"/>.</summary>
    public PolicyLossType Type { get; init; } = PolicyLossType.Grpo;

    /// <summary>Over what the importance ratio is taken (importance_sampling_level). Default <see cref="ImportanceSampling.Token"/>.</summary>
    public ImportanceSampling ImportanceSampling { get; init; } = ImportanceSampling.Token;

    /// <summary>ε: the ratio is clipped below 1 − ε. Default 0.2; 0 or more, 1 or more = never (sequence ratios want about
    /// 3e-4).</summary>
    public double Epsilon { get; init; } = 0.2;

    /// <summary>ε_high: the ratio is clipped above 1 + ε_high; null = <see cref="Epsilon"/>. With <see cref="PolicyLossType.Cispo"/> it is the cap itself,
    /// about 5. Default null (DAPO: 0.28); 0 or more, and the cap above 0.</summary>
    public double? EpsilonHigh { get; init; }

    /// <summary>δ: caps the unclipped ratio (two-sided GRPO), for both signs of the advantage; null = no cap. Default null; above 0, and above 1 + ε_high if
    /// only what is not clipped anyway is to be capped. Not with <see cref="PolicyLossType.Cispo"/>.</summary>
    public double? Delta { get; init; }

    /// <summary>c of dual-clip PPO (Ye et al., arXiv 1912.09729; verl): a token's term is at most c·|A| where A &lt; 0; null = off. Default null (verl: 3);
    /// above 1. Not with <see cref="PolicyLossType.Cispo"/>.</summary>
    public double? DualClip { get; init; }

    /// <summary>β: weight of the divergence from a reference policy; 0 = none, and no reference is needed. Default 0; 0 or more.</summary>
    public double Beta { get; init; }

    /// <summary>The estimator of that divergence. Default <see cref="Estimators.KlEstimator.K3"/>, TRL's only one.</summary>
    public KlEstimator KlEstimator { get; init; } = KlEstimator.K3;

    /// <summary>Multiply the divergence by the importance ratio, with gradient through it (use_bias_correction_kl). Default true.</summary>
    public bool UseBiasCorrectionKl { get; init; } = true;

    /// <summary>ρ: only tokens whose entropy is at or above the (1 − ρ) quantile keep their policy term (top_entropy_quantile); denominators still count all.
    /// Default 1 = all; 0 to 1, 0 = those of the largest entropy.</summary>
    public double TopEntropyQuantile { get; init; } = 1;

    /// <summary>Weight of the mean entropy, over the tokens that <see cref="TopEntropyQuantile"/> keeps, that is subtracted from the loss (entropy_coef), so
    /// that the policy stays uncertain. Default 0; 0 or more. In <see cref="PolicyLoss.Compute"/> it acts where entropies carry a gradient; the trainer sees to
    /// that.</summary>
    public double EntropyCoefficient { get; init; }

    /// <summary>Clamp the log-ratio to ±20 before exp, with gradient 0 outside. Default true. TRL does not: one token 25 nats off then weighs 7e10.</summary>
    public bool ClampLogRatio { get; init; } = true;

    /// <summary>Whether the loss needs log-probabilities of a reference policy.</summary>
    internal bool NeedsReference => Beta != 0;

    /// <summary>Whether the loss has entropies, which then need a gradient.</summary>
    internal bool HasEntropy => EntropyCoefficient != 0;

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        Check(problems, "");
        problems.ThrowIfAny(nameof(PolicyLossOptions));
    }

    /// <summary>Notes what is out of range, under names that begin with <paramref name="prefix"/>.</summary>
    internal void Check(Violations problems, string prefix)
    {
        problems.RequireDefined(Type, prefix + nameof(Type));
        problems.RequireDefined(ImportanceSampling, prefix + nameof(ImportanceSampling));
        problems.Require(Epsilon >= 0 && double.IsFinite(Epsilon), prefix + nameof(Epsilon), Epsilon, "0 or more");
        problems.Require(
            EpsilonHigh is null || (EpsilonHigh >= 0 && double.IsFinite(EpsilonHigh.Value)), prefix + nameof(EpsilonHigh), EpsilonHigh,
            "0 or more, or null for Epsilon");
        problems.Require(
            Type != PolicyLossType.Cispo || (EpsilonHigh ?? Epsilon) != 0, prefix + (EpsilonHigh is null ? nameof(Epsilon) : nameof(EpsilonHigh)), 0,
            "above 0 with Cispo, whose cap it is");
        problems.Require(Delta is null || Positive(Delta.Value), prefix + nameof(Delta), Delta, "above 0, or null for no cap");
        problems.Require(
            Type != PolicyLossType.Cispo || (Delta is null && DualClip is null),
            prefix + (Delta is null ? nameof(DualClip) : nameof(Delta)),
            Delta ?? DualClip,
            "null with Cispo, which has its own cap, EpsilonHigh");
        problems.Require(DualClip is null or > 1 and < double.PositiveInfinity, prefix + nameof(DualClip), DualClip, "above 1, or null for none");
        problems.Require(Beta >= 0 && double.IsFinite(Beta), prefix + nameof(Beta), Beta, "0 or more");
        problems.RequireDefined(KlEstimator, prefix + nameof(KlEstimator));
        problems.Require(TopEntropyQuantile is >= 0 and <= 1, prefix + nameof(TopEntropyQuantile), TopEntropyQuantile, "0 to 1 (1 = all tokens)");
        problems.Require(EntropyCoefficient >= 0 && double.IsFinite(EntropyCoefficient), prefix + nameof(EntropyCoefficient), EntropyCoefficient, "0 or more");

        static bool Positive(double value) => value > 0 && double.IsFinite(value);
    }
}

/// <summary>How the token terms l of a batch become the loss (m = mask, B = rows); TRL's loss_type.</summary>
public enum PolicyLossType
{
    /// <summary>mean over rows of Σ_t l·m / max(1, Σ_t m).</summary>
    Grpo,

    /// <summary>Σ l·m / max(1, Σ m) over the micro-batch.</summary>
    Bnpo,

    /// <summary>Σ l·m / (B · the longest response allowed): no bias towards short responses (Liu et al., arXiv 2503.20783).</summary>
    DrGrpo,

    /// <summary>Σ l·m / tokens of the whole generation batch (Yu et al., arXiv 2503.14476).</summary>
    Dapo,

    /// <summary>−sg[min(r, ε_high)]·A·log π, normalised as <see cref="Dapo"/> (MiniMax-M1, arXiv 2506.13585).</summary>
    Cispo,
}

/// <summary>Over what the importance ratio is taken.</summary>
public enum ImportanceSampling
{
    /// <summary>r_t = π / π_old of each token.</summary>
    Token,

    /// <summary>s = exp(mean_t log r_t), one ratio a row (GSPO, Zheng et al., arXiv 2507.18071). Per-token advantages act through their mean only.</summary>
    Sequence,

    /// <summary>s_t = sg[s] · π / sg[π] (GSPO-token): the sequence's ratio, each token's own gradient, so that per-token credit keeps its meaning. Not in
    /// TRL.</summary>
    SequenceToken,
}

/// <summary>Estimators of KL(π ‖ π_ref) from one sample (Schulman, 2020); x = log π_ref − log π.</summary>
public enum KlEstimator
{
    /// <summary>−x: unbiased, high variance, may be negative.</summary>
    K1,

    /// <summary>x²/2: biased, low variance.</summary>
    K2,

    /// <summary>eˣ − x − 1: unbiased, never negative.</summary>
    K3,
}
