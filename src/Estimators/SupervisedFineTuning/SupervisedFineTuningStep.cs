using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>One step of fine-tuning: one update with a batch of rows.</summary>
/// <param name="policy">The policy that learns.</param>
/// <param name="rows">Prompts and responses.</param>
/// <param name="validation">Those to evaluate on; null = none.</param>
/// <param name="options">How to train.</param>
/// <param name="cancellation">Ends a step before its update, and an evaluation.</param>
internal sealed class SupervisedFineTuningStep(
    LearningPolicy policy, TokenSequence[] rows, TokenSequence[]? validation, SupervisedFineTuningOptions options, RunCancellation cancellation)
    : ITrainingRun
{
    private readonly int _batches = options.Batches(rows.Length);
    private Progress _state = new(Tokens: 0);
    private (int Epoch, int[] Rows) _order = (-1, []);

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
        Means means = Score(validation!, int.MaxValue, loss => loss.ToNumber());
        return new Dictionary<string, double>
        {
            ["eval_loss"] = means.Loss,
            ["eval_entropy"] = means.Entropy,
            ["eval_mean_token_accuracy"] = means.Accuracy,
        };
    }

    /// <summary>One update: loss = −Σ log π(response token) / response tokens of the batch.</summary>
    private Dictionary<string, double> Update(TokenSequence[] batch)
    {
        var metrics = new Dictionary<string, double> { ["learning_rate"] = policy.LearningRate, ["skipped_updates"] = 0 };
        try
        {
            Means means = Score(batch, options.RowsAtOnce, policy.Accumulate);
            (metrics["loss"], metrics["entropy"], metrics["mean_token_accuracy"]) = (means.Loss, means.Entropy, means.Accuracy);
            metrics["grad_norm"] = policy.Clip();
            policy.Apply();
        }
        catch (NotFiniteNumberException) when (options.NonFinite == NonFiniteUpdate.Skip)
        {
            policy.Skip();
            metrics["skipped_updates"] = 1;
        }
        catch (OperationCanceledException)
        {
            policy.Forget();
            throw;
        }
        return metrics;
    }

    /// <summary>What response tokens have in the mean. The loss is a sum over rows, so rows of about one length are computed together and their gradients add
    /// up.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="most">The most of them that are computed at once.</param>
    /// <param name="take">Takes the loss of a part, and gives its value.</param>
    private Means Score(TokenSequence[] batch, int most, Func<Tensor, double> take)
    {
        double loss = 0, entropy = 0, hits = 0;
        int targets = batch.Sum(sequence => sequence.ResponseIds.Length);
        foreach (int[] part in LengthParts.Split(batch, most))
        {
            cancellation.ThrowIfRequested();
            using var scope = NewDisposeScope();
            using TokenBatch tokens = TokenBatch.Create([.. part.Select(i => batch[i])], policy.Model.Device);
            TokenScores scores = policy.Model.Decoder.Score(tokens, temperature: 1, EntropyUse.Value, hits: true);                // [b, T]
            loss += take((-scores.LogProbabilities.sum()).Over(targets));
            entropy += scores.Entropies!.sum().ToNumber() / targets;
            hits += scores.Hits!.sum().ToNumber();
        }
        return new Means(loss, entropy, hits / targets);
    }

    /// <summary>The rows of a step; every epoch has an order of its own.</summary>
    private TokenSequence[] Batch(int step)
    {
        int epoch = step / _batches, first = step % _batches * options.BatchSize, count = Math.Min(options.BatchSize, rows.Length - first);
        if (_order.Epoch != epoch) _order = (epoch, Order(epoch));
        return Array.ConvertAll(_order.Rows[first..(first + count)], row => rows[row]);
    }

    private int[] Order(int epoch) => options.Shuffle
        ? SeededOrder.Permutation(rows.Length, options.Seed, epoch, RandomPurpose.RowOrder)
        : [.. Enumerable.Range(0, rows.Length)];

    /// <summary>What a step counts on from.</summary>
    private sealed record Progress(long Tokens);

    /// <summary>Of response tokens: the loss and the entropy, nats, and the share of them that was the most probable one.</summary>
    private readonly record struct Means(double Loss, double Entropy, double Accuracy);
}
