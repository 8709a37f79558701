using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>What a model says of given response tokens.</summary>
/// <param name="LogProbabilities">float32 [B, R]: log π(o_t | prompt, o_&lt;t) with logits divided by the temperature; 0 where there is no token.</param>
/// <param name="Entropies">float32 [B, R], nats, of the distribution that produced each token; 0 where there is no token; with a gradient only
/// where that was asked for. Null if not asked for.</param>
/// <param name="Hits">float32 [B, R]: 1 where the most probable token (of several the first) is the response's, otherwise 0. Null if not asked for.</param>
internal readonly record struct TokenScores(Tensor LogProbabilities, Tensor? Entropies, Tensor? Hits = null)
{
    // Logits of a chunk: 64 MB in float32. A whole [B, T, V] is what runs users of large vocabularies out of memory.
    private const int ChunkElements = 1 << 24;

    /// <summary>Scores the responses of a batch from its hidden states, among the tokens that sampling kept. The gradient flows into <paramref name="hidden"/>
    /// and the output head where grad mode is on.</summary>
    /// <remarks>Of a batch never more than a few chunks of logits are held, with a gradient either: what does not fit into one chunk is computed a second time
    /// when the gradient is.</remarks>
    /// <param name="decoder">Gives the output head.</param>
    /// <param name="hidden">[.., d], after the final norm: what <see cref="Decoder.Forward(TokenBatch, IAttentionObserver?)"/> computes of the batch.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <param name="entropies">Whether entropies are wanted, and their gradient.</param>
    /// <param name="chunkElements">Logits of a chunk; at least one row of them is computed.</param>
    /// <param name="hits">Whether hits are wanted.</param>
    public static TokenScores Compute(
        Decoder decoder, Tensor hidden, TokenBatch batch, double temperature, EntropyUse entropies, int chunkElements = ChunkElements, bool hits = false)
    {
        using var scope = NewDisposeScope();
        Tensor predictors = hidden.reshape(-1, hidden.size(2)).index_select(0, batch.Predictors), head = decoder.Weights.Head;               // [M, d], [V, d]
        int chunk = Math.Max(1, chunkElements / decoder.Config.VocabularySize);
        Tensor? found = hits ? zeros(predictors.size(0), device: hidden.device) : null;
        bool gradient = is_grad_enabled() && (hidden.requires_grad || head.requires_grad);
        (Tensor logProbabilities, Tensor? uncertainty) =
            !gradient ? ChunkedScores.Compute(rows => decoder.Logits(rows), predictors, batch.Targets, temperature, chunk, entropies, batch.Kept, found)
            : predictors.size(0) <= chunk ? AtOnce(decoder.Logits(predictors), batch.Targets, temperature, entropies, batch.Kept, found)
            : ChunkedScores.WithGradient(predictors, head, batch.Targets, temperature, chunk, entropies, batch.Kept, found);
        return new TokenScores(
            Spread(logProbabilities, batch).MoveToOuterDisposeScope(),
            uncertainty is null ? null : Spread(uncertainty, batch).MoveToOuterDisposeScope(),
            found is null ? null : Spread(found, batch).MoveToOuterDisposeScope());
    }

    /// <summary>Log-probabilities with a gradient, and entropies, from logits [M, V]; hits [M] are filled in where there is a tensor for them.</summary>
    private static (Tensor LogProbabilities, Tensor? Entropies) AtOnce(
        Tensor logits, Tensor targets, double temperature, EntropyUse entropies, KeptTokens? kept, Tensor? hits)
    {
        Tensor scaled = logits.AtLeastSingle().Over(temperature);
        scaled = kept?.Apply_(scaled, 0) ?? scaled;
        if (hits is not null)
            using (no_grad()) ChunkedScores.FillHits(scaled.detach(), targets, hits);
        Tensor logDistribution = nn.functional.log_softmax(scaled, 1);
        Tensor logProbabilities = logDistribution.gather(1, targets.unsqueeze(1)).squeeze(1);
        if (entropies == EntropyUse.None) return (logProbabilities, null);
        // ChunkedScores.Entropies works in place, which a gradient would not survive.
        if (entropies == EntropyUse.Gradient) return (logProbabilities, -(logDistribution.exp() * ChunkedScores.Bounded(logDistribution, kept)).sum(1));
        using var noGradient = no_grad();
        return (logProbabilities, ChunkedScores.Entropies(logDistribution.detach(), kept));
    }

    /// <summary>Values [B, R] → those of each response, without the padding.</summary>
    public static float[][] Rows(Tensor values, IReadOnlyList<int> responseLengths)
    {
        float[] all = values.ToSingles();
        int width = (int)values.size(1);
        return [.. responseLengths.Select((length, row) => all.AsSpan(row * width, length).ToArray())];
    }

    /// <summary>Values [M] of the response tokens → [B, R], 0 elsewhere.</summary>
    private static Tensor Spread(Tensor values, TokenBatch batch) =>
        zeros(batch.Count * batch.ResponseLength, values.dtype, values.device)
            .index_copy(0, batch.ResponseSlots, values).view(batch.Count, batch.ResponseLength);
}
