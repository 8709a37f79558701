using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Prompts with responses as one tensor of ids, padded on the right: causal attention then needs no mask.</summary>
internal sealed class TokenBatch : IDisposable
{
    private TokenBatch()
    {
    }

    /// <summary>int64 [B, T].</summary>
    public required Tensor Ids { get; init; }

    /// <summary>Which of its tokens are computed; null = all, and padding.</summary>
    public required TokenPacking? Packing { get; init; }

    /// <summary>int64 [M], M = all response tokens: the row of hidden states, those that <see cref="Decoder.Forward(TokenBatch, IAttentionObserver?)"/>
    /// computes, that predicts the token.</summary>
    public required Tensor Predictors { get; init; }

    /// <summary>int64 [M]: the token's place in [B · R].</summary>
    public required Tensor ResponseSlots { get; init; }

    /// <summary>int64 [M]: the response tokens.</summary>
    public required Tensor Targets { get; init; }

    /// <summary>What scores of the response tokens are among; null = the whole vocabulary.</summary>
    public required KeptTokens? Kept { get; init; }

    /// <summary>Tokens of each prompt.</summary>
    public required int[] PromptLengths { get; init; }

    /// <summary>Tokens of each response.</summary>
    public required int[] ResponseLengths { get; init; }

    /// <summary>B.</summary>
    public int Count => PromptLengths.Length;

    /// <summary>T.</summary>
    public int Length => (int)Ids.size(1);

    /// <summary>R: tokens of the longest response.</summary>
    public required int ResponseLength { get; init; }

    /// <param name="sequences">At least one; prompts are not empty.</param>
    /// <param name="device">Where the tensors go.</param>
    public static TokenBatch Create(IReadOnlyList<TokenSequence> sequences, Device device)
    {
        int count = sequences.Count, length = sequences.Max(s => s.Length),
            responseLength = sequences.Max(s => s.ResponseIds.Length), tokens = sequences.Sum(s => s.ResponseIds.Length);
        long[] ids = new long[count * length], predictors = new long[tokens], slots = new long[tokens], targets = new long[tokens];
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
            }
        }
        using var scope = NewDisposeScope();
        var batch = new TokenBatch
        {
            Ids = tensor(ids, [count, length], device: device),
            Packing = packing,
            Predictors = tensor(predictors, device: device),
            ResponseSlots = tensor(slots, device: device),
            Targets = tensor(targets, device: device),
            Kept = KeptTokens.Of(sequences),
            PromptLengths = [.. sequences.Select(s => s.PromptIds.Length)],
            ResponseLengths = [.. sequences.Select(s => s.ResponseIds.Length)],
            ResponseLength = responseLength,
        };
        foreach (Tensor tensor in batch.Tensors()) tensor.DetachFromDisposeScope();
        return batch;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in Tensors()) tensor.Dispose();
    }

    private Tensor[] Tensors() => [Ids, Predictors, ResponseSlots, Targets];
}
