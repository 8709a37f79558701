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
