namespace MLNetAttn.Estimators.Tests;

/// <summary>Keeps what a trainer reports, as it reports it.</summary>
internal sealed class ProgressList(Action<TrainingProgress>? onReport = null) : List<TrainingProgress>, IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        Add(value);
        onReport?.Invoke(value);
    }
}
