namespace MLNetAttn.Estimators;

/// <summary>What the loop must know of a training.</summary>
/// <param name="Trainer">Its name.</param>
/// <param name="Started">When it began.</param>
/// <param name="Steps">All steps.</param>
/// <param name="UpdatesPerStep">Updates of each, for the learning rate's schedule.</param>
/// <param name="Data">Gives the fingerprint of its rows, which only a run with a folder needs.</param>
/// <param name="Validation">Gives the fingerprint of the validation rows; null where there are none.</param>
/// <param name="Goal">The metric that says which evaluation is best.</param>
/// <param name="HigherIsBetter">Whether a higher value of it is.</param>
/// <param name="MemoryAdvice">What to lower where memory runs out in a step.</param>
/// <param name="EvaluationMemoryAdvice">What to lower where it runs out in an evaluation.</param>
internal sealed record TrainingPlan(
    string Trainer,
    DateTimeOffset Started,
    int Steps,
    int UpdatesPerStep,
    Func<string> Data,
    Func<string>? Validation,
    string Goal,
    bool HigherIsBetter,
    string MemoryAdvice,
    string EvaluationMemoryAdvice);
