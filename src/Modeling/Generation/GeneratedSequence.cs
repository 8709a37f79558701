namespace MLNetAttn.Modeling;

/// <summary>One sampled response.</summary>
public sealed class GeneratedSequence
{
    /// <summary>Which prompt it answers, from 0.</summary>
    public required int PromptIndex { get; init; }

    /// <summary>Which of that prompt's samples it is, from 0.</summary>
    public required int SampleIndex { get; init; }

    /// <summary>Every token that was sampled, the stop token and those of a stop string included: what <see cref="LogProbabilities"/> belong to. At least
    /// one.</summary>
    public required int[] TokenIds { get; init; }

    /// <summary>Per token, the natural logarithm of its probability under the distribution it was drawn from (greedy: under the model's own, at temperature
    /// 1).</summary>
    public required float[] LogProbabilities { get; init; }

    /// <summary>Per token, what could have been drawn in its place, null = everything; null where that was not asked for, or was everything
    /// throughout.</summary>
    internal int[]?[]? KeptIds { get; init; }

    /// <summary>The text of the tokens without special ones, up to the stop string if one ended it. Null from a model without tokenizer.</summary>
    public required string? Text { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason FinishReason { get; init; }
}

/// <summary>Why a response ended.</summary>
public enum FinishReason
{
    /// <summary>With a stop token.</summary>
    StopToken,

    /// <summary>With a stop string.</summary>
    StopString,

    /// <summary>At the maximum length.</summary>
    Length,
}
