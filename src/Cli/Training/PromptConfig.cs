using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>Where prompts come from. In JSON a text is short for <c>{"file": text}</c>.</summary>
/// <typeparam name="TCountdown">Has the defaults of drawn problems.</typeparam>
internal sealed record PromptConfig<TCountdown>
    where TCountdown : CountdownPrompts
{
    /// <summary>JSON lines as <c>evaluate</c> reads them.</summary>
    public string? File { get; init; }

    /// <summary>Their fields; null = the task's own.</summary>
    public ProblemFormat? Format { get; init; }

    /// <summary>How the problems of a Countdown file are asked; drawn ones have it in their options.</summary>
    public CountdownFormat CountdownFormat { get; init; }

    /// <summary>What is asked after each question of a file.</summary>
    public string Instruction { get; init; } = ProblemReaderOptions.BoxedAnswer;

    /// <summary>Countdown problems that are drawn, instead of a file.</summary>
    public TCountdown? Countdown { get; init; }

    /// <summary>How Countdown is asked, wherever that is said.</summary>
    internal CountdownFormat Asked => Countdown?.Options.Format ?? CountdownFormat;
}

/// <summary>Countdown problems to learn from.</summary>
internal record CountdownPrompts
{
    public virtual int Count { get; init; } = 20_000;

    public int Numbers { get; init; } = 3;

    public long Seed { get; init; } = 1;

    public virtual CountdownSplit Split { get; init; } = CountdownSplit.Train;

    public CountdownOptions Options { get; init; } = new();
}

/// <summary>Countdown problems to be judged by.</summary>
internal sealed record HeldOutCountdown : CountdownPrompts
{
    public override int Count { get; init; } = 512;

    public override CountdownSplit Split { get; init; } = CountdownSplit.Test;
}
