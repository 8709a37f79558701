using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

/// <summary>A problem of a task. A row for <c>mlContext.Data.LoadFromEnumerable</c>.</summary>
public sealed class TaskProblem
{
    /// <summary>Which problem of its file it is, from 0.</summary>
    public int Index { get; init; }

    /// <summary>The problem alone.</summary>
    public string Question { get; init; } = "";

    /// <summary>What the model is asked: the question with the instruction, as text or as a conversation in JSON.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>The right answer; of several, separated by ", ". Empty for Countdown, which has many.</summary>
    public string Answer { get; init; } = "";

    /// <summary>Of Countdown, the given numbers; else empty. A variable-size Int32 vector column.</summary>
    [VectorType]
    public int[] Numbers { get; init; } = [];

    /// <summary>Of Countdown, the number to reach; else 0.</summary>
    public int Target { get; init; }
}
