namespace MLNetAttn.Modeling;

/// <summary>How far a set of responses is.</summary>
/// <param name="FinishedResponses">Responses that have ended.</param>
/// <param name="TotalResponses">All responses.</param>
/// <param name="Tokens">Tokens that were sampled so far, of all responses.</param>
public sealed record GenerationProgress(int FinishedResponses, int TotalResponses, long Tokens);
