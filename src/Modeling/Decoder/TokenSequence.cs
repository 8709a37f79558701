namespace MLNetAttn.Modeling;

/// <summary>A prompt and a response to it, as token ids.</summary>
/// <param name="PromptIds">What the model was given.</param>
/// <param name="ResponseIds">What came after it, the stop token included if there is one.</param>
public readonly record struct TokenSequence(int[] PromptIds, int[] ResponseIds)
{
    /// <summary>Tokens of both together.</summary>
    public int Length => PromptIds.Length + ResponseIds.Length;
}
