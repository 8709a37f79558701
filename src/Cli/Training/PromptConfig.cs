using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>Where prompts come from. In JSON a text is short for <c>{"file": text}</c>.</summary>
/// <typeparam name="TCountdown">Has the defaults of drawn problems.</typeparam>
internal sealed record PromptConfig<TCountdown>
    where TCountdown : CountdownPrompts
{
    /// <summary>JSON lines as <c>evaluate</c> reads them. This or countdown.</summary>
    public string? File { get; init; }

    /// <summary>Whose problems they are. Default null = those of the task: countdown, or math.</summary>
    public ProblemFormat? Format { get; init; }

    /// <summary>How the problems of a Countdown file are asked; drawn ones have it in their options. Default search_trace.</summary>
    public CountdownFormat CountdownFormat { get; init; }

    /// <summary>What is asked on a line after each question of a file; empty = nothing. Default "Please reason step by step, and put your final answer within
    /// \boxed{}."</summary>
    public string Instruction { get; init; } = ProblemReaderOptions.BoxedAnswer;

    /// <summary>Countdown problems that are drawn, instead of a file.</summary>
    public TCountdown? Countdown { get; init; }

    /// <summary>How Countdown is asked, wherever that is said.</summary>
    internal CountdownFormat Asked => Countdown?.Options.Format ?? CountdownFormat;
}

/// <summary>Countdown problems to learn from.</summary>
internal record CountdownPrompts
{
    /// <summary>How many problems are drawn. Default 20 000; at least 1.</summary>
    public virtual int Count { get; init; } = 20_000;

    /// <summary>How many numbers a problem has. Default 3; at least 2.</summary>
    public int Numbers { get; init; } = 3;

    /// <summary>Start of the random numbers that draw them. Default 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Which part of all problems they are drawn from; the two parts have none in common. Default train.</summary>
    public virtual CountdownSplit Split { get; init; } = CountdownSplit.Train;

    /// <summary>Which problems there are, and how they are asked.</summary>
    public CountdownOptions Options { get; init; } = new();
}

/// <summary>Countdown problems to be judged by.</summary>
internal sealed record HeldOutCountdown : CountdownPrompts
{
    /// <summary>How many problems are drawn. Default 512; at least 1.</summary>
    public override int Count { get; init; } = 512;

    /// <summary>Which part of all problems they are drawn from; the two parts have none in common. Default test.</summary>
    public override CountdownSplit Split { get; init; } = CountdownSplit.Test;
}
