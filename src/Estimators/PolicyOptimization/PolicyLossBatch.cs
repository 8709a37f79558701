using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>What a policy loss is computed from: one micro-batch of B responses of up to T tokens. Values where the mask is 0 must be finite and count for
/// nothing.</summary>
public sealed class PolicyLossBatch
{
    /// <summary>log π of each response token under the policy that learns, [B, T]; the loss is differentiable with respect to it.</summary>
    public required Tensor LogProbabilities { get; init; }

    /// <summary>1 where a token counts, 0 elsewhere, [B, T]: the response's own length, and whatever else is to be left out (a tool's output, truncated
    /// responses).</summary>
    public required Tensor Mask { get; init; }

    /// <summary>Â of each response, [B], or of each token, [B, T]: γ_t·Â.</summary>
    public required Tensor Advantages { get; init; }

    /// <summary>log π of the policy that sampled, [B, T]; null = <see cref="LogProbabilities"/> detached, which is right only for the first update after
    /// sampling.</summary>
    public Tensor? OldLogProbabilities { get; init; }

    /// <summary>log π of the reference policy, [B, T]; needed where β is not 0.</summary>
    public Tensor? ReferenceLogProbabilities { get; init; }

    /// <summary>Entropy of the distribution that each token was drawn from, nats, [B, T]; needed for the entropy quantile and the entropy bonus, and for the
    /// <c>entropy</c> metric.</summary>
    public Tensor? Entropies { get; init; }

    /// <summary>Tokens that count in the whole generation batch, all its micro-batches together (num_items_in_batch); null = those of this micro-batch. Read by
    /// dapo and cispo.</summary>
    public long? TokensInBatch { get; init; }

    /// <summary>The longest response allowed, in tokens (max_completion_length); null = T. Read by dr_grpo. At least 1.</summary>
    public int? MaxCompletionLength { get; init; }

    /// <summary>Micro-batches whose losses add up to one update (gradient_accumulation_steps). Default 1; at least 1.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Micro-batches that the generation batch is cut into (steps_per_generation). Default 1; at least 1.</summary>
    public int StepsPerGeneration { get; init; } = 1;

    /// <exception cref="ArgumentException">A tensor that is missing or has another shape than it must have; a count below 1.</exception>
    internal void Validate(PolicyLossOptions options)
    {
        long[] shape = LogProbabilities.shape;
        if (shape.Length != 2) throw new ArgumentException($"{nameof(LogProbabilities)} has shape [{string.Join(", ", shape)}], expected [B, T].");
        Require(Mask, nameof(Mask), shape);
        Require(OldLogProbabilities, nameof(OldLogProbabilities), shape);
        Require(ReferenceLogProbabilities, nameof(ReferenceLogProbabilities), shape);
        Require(Entropies, nameof(Entropies), shape);
        if (Advantages.dim() != 1) Require(Advantages, nameof(Advantages), shape);
        else Require(Advantages, nameof(Advantages), [shape[0]]);
        if (options.NeedsReference && ReferenceLogProbabilities is null)
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(ReferenceLogProbabilities)} is null, expected [B, T] since Beta is {options.Beta}."));
        if (Entropies is null && (options.TopEntropyQuantile < 1 || options.EntropyCoefficient != 0))
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(Entropies)} is null, expected [B, T] since TopEntropyQuantile is {options.TopEntropyQuantile} and EntropyCoefficient is {options.EntropyCoefficient}."));
        var problems = new Violations();
        problems.Require(TokensInBatch is null or >= 0, nameof(TokensInBatch), TokensInBatch, "0 or more");
        problems.Require(MaxCompletionLength is null or >= 1, nameof(MaxCompletionLength), MaxCompletionLength, "at least 1");
        problems.Require(GradientAccumulationSteps >= 1, nameof(GradientAccumulationSteps), GradientAccumulationSteps, "at least 1");
        problems.Require(StepsPerGeneration >= 1, nameof(StepsPerGeneration), StepsPerGeneration, "at least 1");
        problems.ThrowIfAnyInData(nameof(PolicyLossBatch));
    }

    private static void Require(Tensor? tensor, string name, long[] shape)
    {
        if (tensor is not null && !tensor.shape.SequenceEqual(shape))
            throw new ArgumentException($"{name} has shape [{string.Join(", ", tensor.shape)}], expected [{string.Join(", ", shape)}].");
    }
}

/// <summary>A policy loss with what TRL logs about it.</summary>
/// <param name="Loss">A scalar; differentiable where its inputs are. The caller disposes it.</param>
/// <param name="Metrics">Numbers under TRL's names: entropy, kl, policy_loss, clip_ratio/…; NaN = undefined.</param>
public sealed record PolicyLossResult(Tensor Loss, IReadOnlyDictionary<string, double> Metrics);
