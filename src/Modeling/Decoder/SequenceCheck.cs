using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Says what is wrong with token sequences before a model computes anything from them.</summary>
internal static class SequenceCheck
{
    /// <exception cref="ArgumentException">The prompt is empty, holds an id outside the vocabulary or leaves no room for a response.</exception>
    public static void Prompt(DecoderConfig config, int[] ids, int newTokens, int row)
    {
        NotEmpty(ids, "prompt", row);
        InVocabulary(config, ids, "prompt", row);
        if (ids.Length >= config.ContextLength)
            throw new ArgumentException(
                $"Row {row}: the prompt alone has {ids.Length} tokens, which leaves no room for a response in the model's context of {config.ContextLength}. Shorten it.");
        if (newTokens > config.ContextLength - ids.Length)
            throw new ArgumentException(
                $"Row {row}: the prompt has {ids.Length} tokens and up to {newTokens} are to follow, more than the model's context of {config.ContextLength}. Shorten the prompt or lower MaxNewTokens.");
    }

    /// <exception cref="ArgumentException">The prompt, which nothing is to follow, is empty, holds an id outside the vocabulary or exceeds the
    /// context.</exception>
    public static void PromptAlone(DecoderConfig config, int[] ids, int row)
    {
        NotEmpty(ids, "prompt", row);
        InVocabulary(config, ids, "prompt", row);
        if (ids.Length > config.ContextLength)
            throw new ArgumentException($"Row {row}: the prompt has {ids.Length} tokens, more than the model's context of {config.ContextLength}. Shorten it.");
    }

    /// <exception cref="ArgumentException">One of the sequences is as for <see cref="Sequence"/>; the message names its row.</exception>
    public static void Sequences(DecoderConfig config, IReadOnlyList<TokenSequence> sequences)
    {
        for (int row = 0; row < sequences.Count; row++) Sequence(config, sequences[row], row);
    }

    /// <exception cref="ArgumentException">Prompt or response is empty, holds an id outside the vocabulary, or both together exceed the context.</exception>
    public static void Sequence(DecoderConfig config, TokenSequence sequence, int row)
    {
        NotEmpty(sequence.PromptIds, "prompt", row);
        NotEmpty(sequence.ResponseIds, "response", row);
        InVocabulary(config, sequence.PromptIds, "prompt", row);
        InVocabulary(config, sequence.ResponseIds, "response", row);
        if (sequence.Length > config.ContextLength)
            throw new ArgumentException(
                $"Row {row}: prompt ({sequence.PromptIds.Length} tokens) and response ({sequence.ResponseIds.Length}) exceed the model's context of {config.ContextLength}. Shorten one of them.");
    }

    /// <exception cref="ArgumentException">Ids that are not [B, T] or not integers, an id outside the vocabulary, more positions than the context, or a mask of
    /// another shape.</exception>
    public static void Ids(DecoderConfig config, Tensor ids, Tensor? attentionMask)
    {
        if (ids.dim() != 2 || ids.size(1) == 0 || ids.dtype is not (ScalarType.Int64 or ScalarType.Int32))
            throw new ArgumentException(
                $"ids are {ids.dtype} of shape [{string.Join(", ", ids.shape)}], expected int64 [B, T] with at least one position.", nameof(ids));
        if (ids.size(1) > config.ContextLength)
            throw new ArgumentException($"ids have {ids.size(1)} positions, more than the model's context of {config.ContextLength}.", nameof(ids));
        if (attentionMask is not null && !attentionMask.shape.SequenceEqual(ids.shape))
            throw new ArgumentException(
                $"attentionMask has shape [{string.Join(", ", attentionMask.shape)}], expected that of ids, [{string.Join(", ", ids.shape)}].",
                nameof(attentionMask));
        if (ids.numel() == 0) return;
        (long low, long high) = (ids.min().to(ScalarType.Int64).item<long>(), ids.max().to(ScalarType.Int64).item<long>());
        if (low < 0 || high >= config.VocabularySize)
            throw new ArgumentException(
                $"ids hold {(low < 0 ? low : high)}, expected ids from 0 to {config.VocabularySize - 1}. Do the tokenizer and the model belong together?",
                nameof(ids));
    }

    private static void NotEmpty(int[] ids, string what, int row)
    {
        if (ids is not { Length: > 0 }) throw new ArgumentException($"Row {row}: the {what} has no tokens, expected at least one.");
    }

    private static void InVocabulary(DecoderConfig config, int[] ids, string what, int row)
    {
        for (int i = 0; i < ids.Length; i++)
            if ((uint)ids[i] >= (uint)config.VocabularySize)
                throw new ArgumentException(
                    $"Row {row}: token {i} of the {what} is {ids[i]}, expected an id from 0 to {config.VocabularySize - 1}. Do the tokenizer and the model belong together?");
    }
}
