using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>What a step of policy optimisation depends on beside the policy, the options, the prompts and its number.</summary>
/// <param name="Tokens">Tokens of all prompts and responses so far, those that resampling left out included.</param>
/// <param name="Visited">Prompts that were answered so far.</param>
/// <param name="HeadGroups">The head groups in force; null before the first were measured, or where sequences have their own.</param>
/// <param name="RewardSample">The responses that the reward was fitted on; null where it was fitted before.</param>
internal sealed record PolicyOptimizationState(
    long Tokens, long Visited, [property: JsonPropertyName("Groups")] HeadGroups? HeadGroups, RewardSample? RewardSample)
{
    public static PolicyOptimizationState Start { get; } = new(Tokens: 0, Visited: 0, HeadGroups: null, RewardSample: null);
}

/// <summary>Responses that a reward was fitted on, so that it can be fitted on them again.</summary>
/// <param name="Rows">[B]: the prompts that they answer.</param>
/// <param name="TokenIds">[B].</param>
internal sealed record RewardSample(int[] Rows, int[][] TokenIds);
