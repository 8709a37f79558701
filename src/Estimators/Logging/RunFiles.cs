namespace MLNetAttn.Estimators;

/// <summary>What a run writes into its folder beside checkpoints.</summary>
internal static class RunFiles
{
    /// <summary>See <see cref="MetricsFile"/>.</summary>
    public const string Metrics = "metrics.jsonl";

    /// <summary>See <see cref="SampleLog"/>.</summary>
    public const string Samples = "samples.jsonl";
}
