namespace MLNetAttn.Estimators;

/// <summary>Where training stands after a step.</summary>
/// <param name="Step">The step that was just done, from 1; 0 = none yet: the model that training begins with was evaluated.</param>
/// <param name="TotalSteps">All steps.</param>
/// <param name="Elapsed">Since training began.</param>
/// <param name="Remaining">What the other steps will take if they take as long as those did that were done since training began or went on; null before the first of them, and where it is beyond all time.</param>
/// <param name="Metrics">What was measured in this step, under TRL's names; NaN = undefined.</param>
public sealed record TrainingProgress(int Step, int TotalSteps, TimeSpan Elapsed, TimeSpan? Remaining, IReadOnlyDictionary<string, double> Metrics);
