namespace MLNetAttn.Modeling;

/// <summary>A prompt and a response to it, as token ids.</summary>
/// <param name="PromptIds">What the model was given.</param>
/// <param name="ResponseIds">What came after it, the stop token included if there is one.</param>
public readonly record struct TokenSequence(int[] PromptIds, int[] ResponseIds)
{
    /// <summary>For each response token the ids that sampling could have drawn in its place, where top-k, top-p or min-p kept only some: scores are then of the
    /// distribution among these. Null, of a token or of all = the whole vocabulary.</summary>
    internal int[]?[]? KeptIds { get; init; }

    /// <summary>Tokens of both together.</summary>
    public int Length => PromptIds.Length + ResponseIds.Length;
}
