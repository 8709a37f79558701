using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>One sampled response with what an update needs of it. Arrays have one value per response token.</summary>
internal sealed record Rollout
{
    /// <summary>Its place among the step's responses.</summary>
    public int Row { get; init; }

    /// <summary>The prompt and the response.</summary>
    public required TokenSequence Sequence { get; init; }

    /// <summary>Ã_t = γ_t · Â.</summary>
    public required float[] Advantages { get; init; }

    /// <summary>log π_old; null = the policy has not changed since it sampled.</summary>
    public float[]? OldLogProbabilities { get; init; }

    /// <summary>log π_ref; null where β is 0.</summary>
    public float[]? ReferenceLogProbabilities { get; init; }

    /// <summary>Whether the response counts in the loss.</summary>
    public bool InLoss { get; init; } = true;

    /// <summary>1 for every token that counts.</summary>
    public float[] Mask
    {
        get
        {
            float[] mask = new float[Sequence.ResponseIds.Length];
            if (InLoss) Array.Fill(mask, 1);
            return mask;
        }
    }

    /// <summary>Values of b responses as one tensor [b, T], 0 behind the end of each; null where there are none.</summary>
    public static Tensor? Pad(IReadOnlyList<Rollout> rollouts, Func<Rollout, float[]?> values, Device device)
    {
        int longest = rollouts.Max(rollout => rollout.Sequence.ResponseIds.Length);
        float[] padded = new float[rollouts.Count * longest];
        for (int i = 0; i < rollouts.Count; i++)
        {
            if (values(rollouts[i]) is not { } row) return null;
            row.CopyTo(padded, i * longest);
        }
        return tensor(padded, [rollouts.Count, longest], device: device);
    }
}
