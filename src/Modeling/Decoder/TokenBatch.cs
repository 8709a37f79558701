using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Prompts with responses as one tensor of ids, padded on the right: causal attention then needs no mask.</summary>
internal sealed class TokenBatch : IDisposable
{
    private TokenBatch(
        Tensor ids, TokenPacking? packing, Tensor responseMask,
        Tensor predictors, Tensor responseSlots, Tensor targets, KeptTokens? kept,
        int[] promptLengths, int[] responseLengths) =>
        (Ids, Packing, ResponseMask, Predictors, ResponseSlots, Targets, Kept, PromptLengths, ResponseLengths) =
            (ids, packing, responseMask, predictors, responseSlots, targets, kept, promptLengths, responseLengths);

    /// <summary>int64 [B, T].</summary>
    public Tensor Ids { get; }

    /// <summary>Which of its tokens are computed; null = all, and padding.</summary>
    public TokenPacking? Packing { get; }

    /// <summary>float32 [B, R], 1 where a response has a token; R = the longest response.</summary>
    public Tensor ResponseMask { get; }

    /// <summary>int64 [M], M = all response tokens: the row of hidden states, those that <see cref="Decoder.Forward(TokenBatch, IAttentionObserver?)"/>
    /// computes, that predicts the token.</summary>
    public Tensor Predictors { get; }

    /// <summary>int64 [M]: the token's place in [B · R].</summary>
    public Tensor ResponseSlots { get; }

    /// <summary>int64 [M]: the response tokens.</summary>
    public Tensor Targets { get; }

    /// <summary>What scores of the response tokens are among; null = the whole vocabulary.</summary>
    public KeptTokens? Kept { get; }

    /// <summary>Tokens of each prompt.</summary>
    public int[] PromptLengths { get; }

    /// <summary>Tokens of each response.</summary>
    public int[] ResponseLengths { get; }

    /// <summary>B.</summary>
    public int Count => PromptLengths.Length;

    /// <summary>T.</summary>
    public int Length => (int)Ids.size(1);

    /// <summary>R.</summary>
    public int ResponseLength => (int)ResponseMask.size(1);

    /// <param name="sequences">At least one; prompts are not empty.</param>
    /// <param name="device">Where the tensors go.</param>
    public static TokenBatch Create(IReadOnlyList<TokenSequence> sequences, Device device)
    {
        int count = sequences.Count, length = sequences.Max(s => s.Length),
            responseLength = sequences.Max(s => s.ResponseIds.Length), tokens = sequences.Sum(s => s.ResponseIds.Length);
        long[] ids = new long[count * length], predictors = new long[tokens], slots = new long[tokens], targets = new long[tokens];
        float[] mask = new float[count * responseLength];
        TokenPacking? packing = TokenPacking.Of(sequences, length);
        int next = 0;
        for (int row = 0; row < count; row++)
        {
            (int[] prompt, int[] response) = sequences[row];
            for (int t = 0; t < prompt.Length; t++) ids[row * length + t] = prompt[t];
            for (int r = 0; r < response.Length; r++)
            {
                int position = row * length + prompt.Length + r;
                ids[position] = targets[next] = response[r];
                predictors[next] = packing?.NumberOf(position - 1) ?? position - 1;
                slots[next++] = row * responseLength + r;
                mask[row * responseLength + r] = 1;
            }
        }
        using var scope = NewDisposeScope();
        var batch = new TokenBatch(
            tensor(ids, [count, length], device: device), packing, tensor(mask, [count, responseLength], device: device),
            tensor(predictors, device: device), tensor(slots, device: device), tensor(targets, device: device),
            KeptTokens.Of(sequences), [.. sequences.Select(s => s.PromptIds.Length)], [.. sequences.Select(s => s.ResponseIds.Length)]);
        foreach (Tensor tensor in batch.Tensors()) tensor.DetachFromDisposeScope();
        return batch;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in Tensors()) tensor.Dispose();
    }

    private Tensor[] Tensors() => [Ids, ResponseMask, Predictors, ResponseSlots, Targets];
}
