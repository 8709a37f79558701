using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>The copy of a model that a trainer changes, with its optimizer: all its weights, or an adapter on weights that it shares with the model. The model
/// it was copied from stays as it is.</summary>
internal sealed class LearningPolicy : IDisposable
{
    private const string OptimizerFile = "optimizer.safetensors";

    private readonly TrainingOptions _options;
    private readonly LearningCopy _copy;
    private readonly AdamW _optimizer;
    private readonly int _totalUpdates;
    private Tensor[]? _gradients;

    /// <param name="model">The start; float32, or any type where an adapter is trained.</param>
    /// <param name="options">Optimizer, schedule and adapter.</param>
    /// <param name="totalUpdates">The updates that there will be, for the schedule.</param>
    /// <exception cref="NotSupportedException">The weights are to be trained and not float32.</exception>
    /// <exception cref="ArgumentException">The adapter that is asked for names modules that the model does not have, or the model has an adapter of another
    /// form.</exception>
    public LearningPolicy(CausalLanguageModel model, TrainingOptions options, int totalUpdates)
    {
        (_options, _totalUpdates) = (options, totalUpdates);
        _copy = LearningCopy.Of(model, options);
        if (Model.Decoder.Adapter is { Options.Dropout: > 0 } adapter)
            adapter.Dropout = new AdapterDropout(adapter.Options.Dropout, () => RandomUniform.Stream(options.Seed, Updates, (int)RandomPurpose.Dropout));
        Model.Decoder.ActivationCheckpointing = options.ActivationCheckpointing;
        try
        {
            _optimizer = new AdamW(Trainable, options);
        }
        catch
        {
            _copy.Finish().Dispose();
            throw;
        }
    }

    /// <summary>The model as the last update left it; with <see cref="TrainingOptions.Bf16"/> as it computes, rounded.</summary>
    public CausalLanguageModel Model => _copy.Model;

    /// <summary>What is updated: the tensors that hold all weights or the adapter, each once, in the order of <see cref="Gradients"/>. Each has the name of its
    /// first parameter; parameters that share a tensor are of one kind. Whoever gives them other values calls <see cref="Changed"/>.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Trainable => _copy.Trainable;

    /// <summary>Updates so far.</summary>
    public int Updates { get; private set; }

    /// <summary>The learning rate of the next update.</summary>
    public double LearningRate => _options.LearningRate * _options.Schedule.Factor(Updates, _options.WarmupSteps, _totalUpdates);

    /// <summary>What was accumulated, one gradient per tensor of <see cref="Trainable"/>.</summary>
    public IReadOnlyList<Tensor> Gradients => _gradients ?? [];

    /// <summary>Adds the gradient of a loss to what the next update uses.</summary>
    /// <param name="loss">A scalar.</param>
    /// <returns>The loss.</returns>
    /// <exception cref="NotFiniteNumberException">The loss is NaN or infinite; the policy is as before.</exception>
    public double Accumulate(Tensor loss)
    {
        double value = loss.ToNumber();
        RequireFinite(value, "loss");
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. Gradient.Of(loss, _copy.Differentiated).Select((gradient, i) => gradient.to(Trainable[i].Tensor.dtype))];
        if (_gradients is null)
        {
            // The fused kernels walk parameters and gradients side by side: both must lie in memory the same way.
            _gradients = [.. gradients.Select(gradient => gradient.contiguous().DetachFromDisposeScope())];
        }
        else
        {
            for (int i = 0; i < _gradients.Length; i++) _gradients[i].Add_(gradients[i]);
        }
        return value;
    }

    /// <summary>Clips what was accumulated.</summary>
    /// <returns>The gradients' common norm before clipping.</returns>
    /// <exception cref="NotFiniteNumberException">The norm is NaN or infinite; the policy is as before.</exception>
    public double Clip()
    {
        double norm = _optimizer.Clip(Gradients);
        RequireFinite(norm, "gradient norm");
        return norm;
    }

    /// <summary>Updates the policy with what was accumulated, and forgets it.</summary>
    public void Apply()
    {
        double learningRate = LearningRate;
        // Counted first: what fails from here on, as memory may, leaves another policy than the update before, which must not be saved as that one.
        Updates++;
        _optimizer.Step(Gradients, learningRate);
        Changed();
        Forget();
    }

    /// <summary>Forgets what was accumulated; the update counts, so that the learning rate goes on as planned.</summary>
    public void Skip()
    {
        Updates++;
        Forget();
    }

    /// <summary>Forgets what was accumulated, as if it had never been computed.</summary>
    public void Forget()
    {
        foreach (Tensor gradient in Gradients) gradient.Dispose();
        _gradients = null;
    }

    /// <summary>Copies of all that is trained; the caller disposes them.</summary>
    public Tensor[] Snapshot()
    {
        using var noGradient = no_grad();
        // Where memory runs out, what was copied so far goes with the scope.
        using var scope = NewDisposeScope();
        Tensor[] copies = [.. Trainable.Select(parameter => parameter.Tensor.detach().clone())];
        foreach (Tensor copy in copies) copy.DetachFromDisposeScope();
        return copies;
    }

    /// <summary>Overwrites an earlier <see cref="Snapshot"/> with what is trained now.</summary>
    public void CopyTo(IReadOnlyList<Tensor> snapshot)
    {
        using var noGradient = no_grad();
        for (int i = 0; i < snapshot.Count; i++) snapshot[i].copy_(Trainable[i].Tensor);
    }

    /// <summary>Takes back what <see cref="Snapshot"/> gave.</summary>
    public void Restore(IReadOnlyList<Tensor> snapshot)
    {
        using var noGradient = no_grad();
        for (int i = 0; i < snapshot.Count; i++) Trainable[i].Tensor.copy_(snapshot[i]);
        Changed();
    }

    /// <summary>Writes a checkpoint: the model, or the adapter where one is trained, as a folder that anyone can load, and the optimizer's state.</summary>
    public void Save(ICheckpointTarget target)
    {
        if (_copy.Master.Decoder.Adapter is not null) _copy.Master.SaveAdapter(target);
        else _copy.Master.SavePretrained(target);
        using Stream stream = target.Create(OptimizerFile);
        SafetensorsWriter.Write(stream, _optimizer.State, SafetensorsWriter.PyTorchFormat);
    }

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="updates">The updates that had been made.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or of another model.</exception>
    public void Load(ICheckpointSource source, int updates)
    {
        if (_copy.Master.Decoder.Adapter is { } adapter) AdapterFiles.Fill(source, adapter.Parameters);
        else CheckpointReader.Open(source, Model.Config).Fill(_copy.Master.Parameters);
        Changed();
        CheckpointReader.Fill(source, OptimizerFile, _optimizer.State.ToDictionary(), "the optimizer of this policy");
        Updates = updates;
    }

    /// <summary>Lets the model compute with what <see cref="Trainable"/> holds now.</summary>
    public void Changed() => _copy.Changed();

    /// <summary>Ends training: the model takes no gradients any more and belongs to the caller.</summary>
    public CausalLanguageModel Finish()
    {
        Model.Decoder.ActivationCheckpointing = false;
        Forget();
        _optimizer.Dispose();
        return _copy.Finish();
    }

    /// <summary>Frees everything, the model included: for a training that failed.</summary>
    public void Dispose() => Finish().Dispose();

    /// <summary>What to throw where the next update cannot be computed.</summary>
    /// <param name="what">What is not finite.</param>
    /// <param name="value">The number.</param>
    /// <param name="cause">What said so, if not this policy.</param>
    public NotFiniteNumberException NotFinite(string what, double value = double.NaN, Exception? cause = null) => new(
        FormattableString.Invariant(
            $"Update {Updates + 1} of {_totalUpdates}: {what}. Check the data, and begin anew with a lower LearningRate ({_options.LearningRate}) or MaxGradientNorm ({_options.MaxGradientNorm}) or more WarmupSteps ({_options.WarmupSteps}); or set NonFinite to Skip, with which this run can be resumed."),
        value,
        cause);

    private void RequireFinite(double value, string what)
    {
        if (!double.IsFinite(value)) throw NotFinite(FormattableString.Invariant($"the {what} is {value}"), value);
    }
}
