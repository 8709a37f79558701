namespace MLNetAttn.Modeling;

/// <summary>One token of a response that is being written.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Text">The text that is certain since this token; joined, the response's. Empty while a character is not complete, or a stop string may still
/// become so.</param>
/// <param name="LogProbability">The natural logarithm of its probability under the distribution it was drawn from (greedy: under the model's own, at
/// temperature 1).</param>
/// <param name="FinishReason">With the last token, why the response ended; null before.</param>
public sealed record GeneratedToken(int TokenId, string Text, float LogProbability, FinishReason? FinishReason);
