namespace MLNetAttn.Modeling;

/// <summary>One sampled response.</summary>
public sealed class GeneratedSequence
{
    /// <summary>Which prompt it answers, from 0.</summary>
    public required int PromptIndex { get; init; }

    /// <summary>Which of that prompt's samples it is, from 0.</summary>
    public required int SampleIndex { get; init; }

    /// <summary>The tokens, the stop token included if there was one. At least one.</summary>
    public required int[] TokenIds { get; init; }

    /// <summary>Per token, the natural logarithm of its probability under the distribution it was drawn from (greedy: under the model's own, at temperature 1).</summary>
    public required float[] LogProbabilities { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason FinishReason { get; init; }
}

/// <summary>Why a response ended.</summary>
public enum FinishReason
{
    /// <summary>With a stop token.</summary>
    Stop,

    /// <summary>At the maximum length.</summary>
    Length,
}
