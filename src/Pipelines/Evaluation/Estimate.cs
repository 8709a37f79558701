namespace MLNetAttn.Pipelines;

/// <summary>A number that was estimated from a sample.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Interval">Its 95 % interval.</param>
public readonly record struct Estimate(double Value, ConfidenceInterval Interval);
