using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>Where a step's responses and their rewards come from.</summary>
internal interface IRolloutSource
{
    /// <summary>Makes a resumed run what it was when it was cut: a reward that was fitted in training is fitted on the same responses again.</summary>
    void Restore(PolicyOptimizationState state);

    /// <summary>Makes rewards known before the first step: one that must be fitted is, on the responses of that step.</summary>
    /// <returns>Where the source stands after it.</returns>
    PolicyOptimizationState Prepare(PolicyOptimizationState state);

    /// <summary>P prompts with G responses each.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="state">Where the source stands.</param>
    /// <param name="metrics">Told what was found.</param>
    /// <returns>The responses, those to one prompt one after the other, and where the source stands after them.</returns>
    (RolloutBatch Batch, PolicyOptimizationState State) Next(int step, PolicyOptimizationState state, StepMetrics metrics);
}

/// <summary>B = P · G responses.</summary>
/// <param name="Sequences">Prompts and responses, [B].</param>
/// <param name="Ends">Why each response ended, [B].</param>
/// <param name="Rewards">NaN = none, [B][columns of rewards].</param>
/// <param name="OldLogProbabilities">log π of the policy that sampled, [B][T]; null where that is the policy as it is now.</param>
internal sealed record RolloutBatch(TokenSequence[] Sequences, FinishReason[] Ends, double[][] Rewards, IReadOnlyList<float[]>? OldLogProbabilities)
{
    /// <summary>Whether a response reached the most tokens without ending, [B].</summary>
    public bool[] Truncated { get; } = Array.ConvertAll(Ends, end => end == FinishReason.Length);
}
