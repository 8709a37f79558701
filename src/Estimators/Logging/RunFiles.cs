namespace MLNetAttn.Estimators;

/// <summary>What a run writes into its folder beside checkpoints and TensorBoard's events.</summary>
internal static class RunFiles
{
    /// <summary>What run it is; where it is, there is one.</summary>
    public const string Run = "run.json";

    /// <summary>See <see cref="MetricsFile"/>.</summary>
    public const string Metrics = "metrics.jsonl";

    /// <summary>See <see cref="SampleLog"/>.</summary>
    public const string Samples = "samples.jsonl";
}
