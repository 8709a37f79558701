using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>One step of fine-tuning: one update with a batch of rows.</summary>
/// <param name="policy">The policy that learns.</param>
/// <param name="rows">Prompts and responses.</param>
/// <param name="validation">Those to evaluate on; null = none.</param>
/// <param name="options">How to train.</param>
internal sealed class SupervisedFineTuningStep(
    LearningPolicy policy, TokenSequence[] rows, TokenSequence[]? validation, SupervisedFineTuningOptions options)
    : ITrainingRun
{
    private readonly int _batches = options.Batches(rows.Length);
    private Progress _state = new(Tokens: 0);

    /// <inheritdoc/>
    public object State
    {
        get => _state;
        set => _state = (Progress)value;
    }

    /// <inheritdoc/>
    public IReadOnlyList<LoggedSample> Samples => [];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Run(int step)
    {
        TokenSequence[] batch = Batch(step);
        Dictionary<string, double> metrics = Update(batch);
        _state = new Progress(_state.Tokens + batch.Sum(sequence => sequence.Length));
        metrics["num_tokens"] = _state.Tokens;
        metrics["epoch"] = (step + 1) / (double)_batches;
        return metrics;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Evaluate()
    {
        using var noGradient = no_grad();
        (double loss, double entropy) = Score(validation!, learn: false);
        return new Dictionary<string, double> { ["eval_loss"] = loss, ["eval_entropy"] = entropy };
    }

    /// <summary>One update: loss = −Σ log π(response token) / response tokens of the batch.</summary>
    private Dictionary<string, double> Update(TokenSequence[] batch)
    {
        var metrics = new Dictionary<string, double> { ["learning_rate"] = policy.LearningRate, ["skipped_updates"] = 0 };
        try
        {
            (metrics["loss"], metrics["entropy"]) = Score(batch, learn: true);
            metrics["grad_norm"] = policy.Clip();
            policy.Apply();
        }
        catch (NotFiniteNumberException) when (options.NonFinite == NonFiniteUpdate.Skip)
        {
            policy.Skip();
            metrics["skipped_updates"] = 1;
        }
        return metrics;
    }

    /// <summary>Loss and mean entropy. The loss is a sum over rows, so rows of about one length are computed together and their gradients add up.</summary>
    private (double Loss, double Entropy) Score(TokenSequence[] batch, bool learn)
    {
        double loss = 0, entropy = 0;
        int targets = batch.Sum(sequence => sequence.ResponseIds.Length);
        foreach (int[] part in LengthParts.Split(batch))
        {
            if (!learn) options.CancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using TokenBatch tokens = TokenBatch.Create([.. part.Select(i => batch[i])], policy.Model.Device);
            TokenScores scores = policy.Model.Decoder.Score(tokens, temperature: 1, entropies: EntropyUse.Value);              // [b, T]
            Tensor partLoss = (-scores.LogProbabilities.sum()).Over(targets);
            loss += learn ? policy.Accumulate(partLoss) : partLoss.ToNumber();
            entropy += scores.Entropies!.sum().ToNumber() / targets;
        }
        return (loss, entropy);
    }

    /// <summary>The rows of a step; every epoch has an order of its own.</summary>
    private TokenSequence[] Batch(int step)
    {
        int epoch = step / _batches, first = step % _batches * options.BatchSize, count = Math.Min(options.BatchSize, rows.Length - first);
        int[] order = options.Shuffle
            ? SeededOrder.Permutation(rows.Length, options.Seed, epoch, RandomPurpose.RowOrder)
            : [.. Enumerable.Range(0, rows.Length)];
        return [.. order.Skip(first).Take(count).Select(row => rows[row])];
    }

    /// <summary>What a step counts on from.</summary>
    private sealed record Progress(long Tokens);
}
