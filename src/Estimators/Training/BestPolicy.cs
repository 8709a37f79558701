using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>Which evaluation was best, and the policy that it was made with where that is to be kept.</summary>
/// <param name="options">Whether to keep it, and for how long to go on without a better one.</param>
/// <param name="higherIsBetter">Whether a higher value is better.</param>
internal sealed class BestPolicy(TrainingOptions options, bool higherIsBetter) : IDisposable
{
    /// <summary>The metric that says after which step the best evaluation so far was made.</summary>
    public const string StepMetric = "eval_best_step";

    private Tensor[]? _weights;

    /// <summary>What is known; part of a checkpoint.</summary>
    public Evaluations State { get; set; } = new(BestStep: null, BestValue: null, SinceBest: 0);

    /// <summary>Whether training ends here, since nothing better came for too long.</summary>
    public bool EndsTraining => options.EarlyStoppingPatience is { } patience && State.SinceBest >= patience;

    /// <summary>The weights of the best policy; null where they are not kept, or none was evaluated yet.</summary>
    public IReadOnlyList<Tensor>? Weights => _weights;

    /// <summary>Takes an evaluation into account; NaN is never best.</summary>
    public void Offer(int step, double value, LearningPolicy policy)
    {
        bool isBest = !double.IsNaN(value) && (State.BestValue is not { } best || (higherIsBetter ? value > best : value < best));
        if (isBest && options.KeepBest) Keep(policy);
        State = isBest ? new Evaluations(step, value, SinceBest: 0) : State with { SinceBest = State.SinceBest + 1 };
    }

    /// <summary>Keeps a policy as it is, in the tensors that are there already: two copies at once might not fit.</summary>
    private void Keep(LearningPolicy policy)
    {
        if (_weights is null) _weights = policy.Snapshot();
        else policy.CopyTo(_weights);
    }

    /// <summary>Takes the place of what is kept.</summary>
    public void Keep(Tensor[] weights)
    {
        Dispose();
        _weights = weights;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _weights ?? []) tensor.Dispose();
        _weights = null;
    }
}

/// <summary>How evaluations went so far.</summary>
/// <param name="BestStep">Steps done at the best one; null before the first.</param>
/// <param name="BestValue">What was measured there.</param>
/// <param name="SinceBest">Evaluations since.</param>
internal sealed record Evaluations(int? BestStep, double? BestValue, int SinceBest);
