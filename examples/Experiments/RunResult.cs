namespace MLNetAttn.Experiments;

/// <summary>What one run gave.</summary>
internal sealed record RunResult
{
    public required string Arm { get; init; }

    public required long Seed { get; init; }

    public required int Steps { get; init; }

    /// <summary>Before training, which is the same for all runs.</summary>
    public required Accuracy Before { get; init; }

    public required Accuracy After { get; init; }

    /// <summary>Mean reward of the responses sampled in the last third of the steps.</summary>
    public required double LastThirdReward { get; init; }

    /// <summary>The share of the same responses that were cut before they ended.</summary>
    public required double LastThirdClipped { get; init; }

    /// <summary>Tokens of a sampled response to a training prompt, over the same steps.</summary>
    public required double LastThirdLength { get; init; }

    /// <summary>Mean γ over the run.</summary>
    public required double MeanCredit { get; init; }

    /// <summary>The policy's fingerprint: equal runs have equal ones.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Wall time of training, and the processor time of the process until its end.</summary>
    public required double TrainingSeconds { get; init; }

    public required double ProcessorSeconds { get; init; }
}

/// <summary>The share of the held-out problems that are solved.</summary>
/// <param name="Greedy">By the most probable response.</param>
/// <param name="Sampled">Of the responses sampled at the training temperature.</param>
internal sealed record Accuracy(double Greedy, double Sampled);

/// <summary>What config.json has: everything that a run depends on.</summary>
internal sealed record RunConfiguration
{
    public required string Arm { get; init; }

    public required long Seed { get; init; }

    public required ExperimentSettings Settings { get; init; }

    public required Transforms.CreditOptions Credit { get; init; }

    /// <summary>SHA-256 of the model that training starts from.</summary>
    public required string ModelFingerprint { get; init; }

    public required long ModelParameters { get; init; }

    public required string Library { get; init; }

    public required string Machine { get; init; }
}
