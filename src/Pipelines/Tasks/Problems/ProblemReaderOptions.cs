using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>How the problems of a file become prompts.</summary>
public sealed record ProblemReaderOptions
{
    /// <summary>The instruction of the paper.</summary>
    public const string BoxedAnswer = "Please reason step by step, and put your final answer within \\boxed{}.";

    /// <summary>What is asked of the model, on a line after the question; empty = nothing. Not used for Countdown, whose prompts are its own. Default
    /// <see cref="BoxedAnswer"/>.</summary>
    public string Instruction { get; init; } = BoxedAnswer;

    /// <summary>Whether prompts are text, or conversations in JSON with one message of the user, for the model's chat template. Default
    /// <see cref="PromptFormat.Text"/>.</summary>
    public PromptFormat PromptFormat { get; init; } = PromptFormat.Text;

    /// <summary>How Countdown problems are asked. Default <see cref="CountdownFormat.SearchTrace"/>.</summary>
    public CountdownFormat CountdownFormat { get; init; } = CountdownFormat.SearchTrace;
}
