using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Columns and settings of <see cref="MathRewardEstimator"/>.</summary>
public sealed record MathRewardOptions
{
    /// <summary>What the model wrote; text. Default "Response"; not empty.</summary>
    public string ResponseColumnName { get; init; } = "Response";

    /// <summary>The right answer; text: a number, or a formula in $…$ or \boxed{…}, with text around perhaps. Default "Answer"; not empty.</summary>
    public string AnswerColumnName { get; init; } = "Answer";

    /// <summary>Where the reward goes: 1, 0, or NaN as <see cref="UnreadableAnswer"/> says. Default "Reward"; not empty.</summary>
    public string OutputColumnName { get; init; } = "Reward";

    /// <summary>What a row is worth in whose right answer nothing is found. Default <see cref="Pipelines.UnreadableAnswer.Zero"/>.</summary>
    public UnreadableAnswer UnreadableAnswer { get; init; } = UnreadableAnswer.Zero;

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.RequireName(ResponseColumnName, nameof(ResponseColumnName));
        problems.RequireName(AnswerColumnName, nameof(AnswerColumnName));
        problems.RequireName(OutputColumnName, nameof(OutputColumnName));
        problems.RequireDefined(UnreadableAnswer, nameof(UnreadableAnswer));
        problems.ThrowIfAny(nameof(MathRewardOptions));
    }
}

/// <summary>What a response is worth if the right answer cannot be read.</summary>
public enum UnreadableAnswer
{
    /// <summary>0, as math-verify says: nothing is equal to it.</summary>
    Zero,

    /// <summary>NaN: the row has no reward, as where TRL's accuracy_reward returns None.</summary>
    NoValue,
}
