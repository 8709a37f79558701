using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>What a model says of given response tokens.</summary>
/// <param name="LogProbabilities">float32 [B, R]: log π(o_t | prompt, o_&lt;t) with logits divided by the temperature; 0 where there is no token.</param>
/// <param name="Entropies">float32 [B, R], nats, of the distribution that produced each token (method 6); 0 where there is no token; without gradient. Null if not asked for.</param>
internal readonly record struct TokenScores(Tensor LogProbabilities, Tensor? Entropies)
{
    // Logits of a chunk: 64 MB in float32. A whole [B, T, V] is what runs users of large vocabularies out of memory.
    private const int ChunkElements = 1 << 24;

    /// <summary>Scores the responses of a batch from its hidden states. The gradient flows into <paramref name="hidden"/> and the output head where grad mode is on.</summary>
    /// <param name="decoder">Gives the output head.</param>
    /// <param name="hidden">[B, T, d], after the final norm.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <param name="entropies">Whether entropies are wanted.</param>
    public static TokenScores Compute(Decoder decoder, Tensor hidden, TokenBatch batch, double temperature, bool entropies)
    {
        using var scope = NewDisposeScope();
        Tensor predictors = hidden.reshape(-1, hidden.shape[2]).index_select(0, batch.Predictors);                          // [M, d]
        int chunk = Math.Max(1, ChunkElements / decoder.Config.VocabularySize);
        List<Tensor> logs = [], uncertainty = [];
        for (long start = 0; start < predictors.shape[0]; start += chunk)
        {
            using var chunkScope = NewDisposeScope();
            long rows = Math.Min(chunk, predictors.shape[0] - start);
            Tensor logits = decoder.Logits(predictors.narrow(0, start, rows)).AtLeastSingle();
            if (temperature != 1) logits = logits.Over(temperature);
            Tensor logDistribution = nn.functional.log_softmax(logits, 1);                                                  // [chunk, V]
            logs.Add(logDistribution.gather(1, batch.Targets.narrow(0, start, rows).unsqueeze(1)).squeeze(1).MoveToOuterDisposeScope());
            if (entropies)
            {
                using var noGradient = no_grad();
                Tensor detached = logDistribution.detach();
                uncertainty.Add((detached.exp() * detached).sum(1).neg_().MoveToOuterDisposeScope());
            }
        }
        return new TokenScores(
            Spread(logs, batch).MoveToOuterDisposeScope(),
            entropies ? Spread(uncertainty, batch).MoveToOuterDisposeScope() : null);
    }

    /// <summary>Values [M] of the response tokens → [B, R], 0 elsewhere.</summary>
    private static Tensor Spread(List<Tensor> chunks, TokenBatch batch)
    {
        Tensor values = chunks.Count == 0 ? zeros(0, device: batch.ResponseMask.device) : cat(chunks);
        return zeros(batch.ResponseMask.numel(), values.dtype, values.device).index_copy(0, batch.ResponseSlots, values).view(batch.ResponseMask.shape);
    }
}
