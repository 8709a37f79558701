using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Scores of sequences of different lengths without computing much padding: sequences of about one length go through the decoder together.</summary>
internal static class PackedScores
{
    /// <summary>Log-probabilities and entropies of all responses, in the order of the sequences: [B, R], R = the longest response. The gradient flows where
    /// grad mode is on.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="sequences">Prompts and responses.</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <param name="entropies">Whether entropies are wanted, and their gradient.</param>
    /// <param name="observe">Makes what sees the attention over some of the sequences; null = nothing.</param>
    public static TokenScores Score(
        Decoder decoder, IReadOnlyList<TokenSequence> sequences, double temperature, EntropyUse entropies,
        Func<int[], TokenBatch, IAttentionObserver>? observe = null) =>
        Score(decoder, sequences, entropies, (part, batch) => decoder.Score(batch, temperature, entropies, observe?.Invoke(part, batch)));

    private static TokenScores Score(
        Decoder decoder, IReadOnlyList<TokenSequence> sequences, EntropyUse entropies, Func<int[], TokenBatch, TokenScores> score)
    {
        using var scope = NewDisposeScope();
        int[][] parts = [.. LengthParts.Split(sequences)];
        int longest = sequences.Max(sequence => sequence.ResponseIds.Length);
        List<Tensor> logs = [], uncertainty = [];
        foreach (int[] part in parts)
        {
            using TokenBatch batch = TokenBatch.Create([.. part.Select(i => sequences[i])], decoder.Device);
            TokenScores scores = score(part, batch);
            long padding = longest - batch.ResponseLength;
            logs.Add(nn.functional.pad(scores.LogProbabilities, [0, padding]));
            if (scores.Entropies is { } values) uncertainty.Add(nn.functional.pad(values, [0, padding]));
        }
        long[] places = new long[sequences.Count];
        int next = 0;
        foreach (int row in parts.SelectMany(part => part)) places[row] = next++;
        Tensor order = tensor(places, device: decoder.Device);
        return new TokenScores(
            cat(logs).index_select(0, order).MoveToOuterDisposeScope(),
            entropies != EntropyUse.None ? cat(uncertainty).index_select(0, order).MoveToOuterDisposeScope() : null);
    }

    /// <summary>Log-probabilities of each sequence's response tokens, without gradient.</summary>
    /// <exception cref="ArgumentException">A sequence is empty, too long or holds an unknown id; the message names the row.</exception>
    public static float[][] LogProbabilities(Decoder decoder, IReadOnlyList<TokenSequence> sequences, double temperature)
    {
        SequenceCheck.Sequences(decoder.Config, sequences);
        if (sequences.Count == 0) return [];
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return Rows(sequences, Score(decoder, sequences, temperature, entropies: EntropyUse.None));
    }

    /// <summary>The same by the arithmetic of a pass with a gradient, so that a ratio of both is 1 where nothing has changed: in bfloat16 passes without one
    /// round less often. Nothing is left out.</summary>
    /// <exception cref="ArgumentException">As for <see cref="LogProbabilities"/>.</exception>
    public static float[][] LogProbabilitiesAsInTraining(Decoder decoder, IReadOnlyList<TokenSequence> sequences, double temperature)
    {
        if (!decoder.RoundsOtherwiseInTraining) return LogProbabilities(decoder, sequences, temperature);
        SequenceCheck.Sequences(decoder.Config, sequences);
        if (sequences.Count == 0) return [];
        using var recording = enable_grad();
        using var scope = NewDisposeScope();
        return Rows(sequences, Score(decoder, sequences, EntropyUse.None, (_, batch) => decoder.ScoreAsInTraining(batch, temperature)));
    }

    private static float[][] Rows(IReadOnlyList<TokenSequence> sequences, TokenScores scores) =>
        TokenScores.Rows(scores.LogProbabilities, [.. sequences.Select(sequence => sequence.ResponseIds.Length)]);
}
