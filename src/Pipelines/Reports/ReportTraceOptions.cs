using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>What a trace made from a model has.</summary>
public sealed record ReportTraceOptions
{
    /// <summary>What the report lists it as. Default null: the beginning of the prompt.</summary>
    public string? Title { get; init; }

    /// <summary>Which model, or which state of it, wrote the response. Default null.</summary>
    public string? Variant { get; init; }

    /// <summary>What became of the response. Default null: nothing is said of it.</summary>
    public ReportOutcome? Outcome { get; init; }

    /// <summary>How WAAD and FAI are computed. Default: the paper's, version 2, with receiver heads.</summary>
    public RhythmOptions Rhythm { get; init; } = new() { Receivers = true };

    /// <summary>How credit is assigned. Default: the coupled rhythm's. <see cref="CreditStrategy.Flow"/> is refused: a trace has no flow, since where an
    /// answer begins and ends is the task's to know. <see cref="CreditOptions.Sign"/> is not read: γ is shown as an advantage of either sign has it.</summary>
    public CreditOptions Credit { get; init; } = new();

    /// <summary>Whether the mean maps of the local and of the global heads are stored. Default true: 4 · T² bytes of memory each while the trace is made, T² /
    /// 2 bytes after.</summary>
    public bool GroupMaps { get; init; } = true;

    /// <summary>Heads whose own maps are stored too, at the same cost each. Default none.</summary>
    public IReadOnlyList<HeadIndex> HeadMaps { get; init; } = [];
}
