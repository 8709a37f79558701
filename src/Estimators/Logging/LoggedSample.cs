using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>A response that a run looked at in passing. Where something has one value per token it is a response token.</summary>
internal sealed record LoggedSample
{
    /// <summary>The prompt's text.</summary>
    public required string Prompt { get; init; }

    /// <summary>What each token of the prompt adds to its text.</summary>
    public required IReadOnlyList<string> PromptTokens { get; init; }

    /// <summary>The response's text.</summary>
    public required string Response { get; init; }

    /// <summary>Its reward; NaN = none.</summary>
    public required double Reward { get; init; }

    /// <summary>Â, how the reward compares with those of its group.</summary>
    public required double Advantage { get; init; }

    /// <summary>Its token ids.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>The text of each token.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>The roles of each token.</summary>
    public required IReadOnlyList<TokenRoles> Roles { get; init; }

    /// <summary>γ of each token.</summary>
    public required IReadOnlyList<double> Credit { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason FinishReason { get; init; }
}
