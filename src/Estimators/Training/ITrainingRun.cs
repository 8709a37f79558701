namespace MLNetAttn.Estimators;

/// <summary>What one trainer does; the loop around it does what all trainers do.</summary>
internal interface ITrainingRun
{
    /// <summary>What the next step depends on beside the policy, the options, the data and its own number: a record that JSON can hold. It changes at the end
    /// of a step, and in an evaluation before the first.</summary>
    object State { get; set; }

    /// <summary>Responses of the last step for people to look at; none where it is not their turn.</summary>
    IReadOnlyList<LoggedSample> Samples { get; }

    /// <summary>Does a step.</summary>
    /// <param name="step">Its number, from 0.</param>
    /// <returns>What was measured.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled before it changed the policy.</exception>
    IReadOnlyDictionary<string, double> Run(int step);

    /// <summary>Measures the policy on the validation rows.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IReadOnlyDictionary<string, double> Evaluate();
}

/// <summary>What the loop must know of a training.</summary>
/// <param name="Trainer">Its name.</param>
/// <param name="Started">When it began.</param>
/// <param name="Steps">All steps.</param>
/// <param name="UpdatesPerStep">Updates of each, for the learning rate's schedule.</param>
/// <param name="Logged">The metrics that ML.NET's log gets.</param>
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
    IReadOnlyList<string> Logged,
    Func<string> Data,
    Func<string>? Validation,
    string Goal,
    bool HigherIsBetter,
    string MemoryAdvice,
    string EvaluationMemoryAdvice);
