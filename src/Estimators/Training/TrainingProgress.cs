namespace MLNetAttn.Estimators;

/// <summary>Where training stands after a step.</summary>
/// <param name="Step">The step that was just done, from 1; 0 = none yet: the model that training begins with was evaluated.</param>
/// <param name="TotalSteps">All steps.</param>
/// <param name="Elapsed">Since training began.</param>
/// <param name="Remaining">What is left, estimated from the mean time of the steps since training began or went on; null before the first of them, and beyond
/// <see cref="TimeSpan.MaxValue"/>.</param>
/// <param name="Metrics">What was measured in this step, under TRL's names; NaN = undefined. What was not measured is not in it: at step 0 there are
/// evaluations alone, and in a step without one there are none, so <c>Metrics.GetValueOrDefault("eval_reward", double.NaN)</c>.</param>
public sealed record TrainingProgress(int Step, int TotalSteps, TimeSpan Elapsed, TimeSpan? Remaining, IReadOnlyDictionary<string, double> Metrics);
