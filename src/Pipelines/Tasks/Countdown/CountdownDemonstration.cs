using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

/// <summary>A Countdown problem with a search trace to imitate. A row for <c>LoadFromEnumerable</c>, ready for supervised fine-tuning.</summary>
public sealed class CountdownDemonstration
{
    /// <summary>The given numbers, in the order of the prompt. A variable-size Int32 vector column.</summary>
    [VectorType]
    public int[] Numbers { get; init; } = [];

    /// <summary>The number to reach.</summary>
    public int Target { get; init; }

    /// <summary>The problem as text, in the format <see cref="CountdownFormat.SearchTrace"/>.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>The search trace, without an end-of-sequence token.</summary>
    public string Response { get; init; } = "";
}
