using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The tensors of one decoder layer. What is multiplied with the same input is stored, and multiplied, as one matrix.</summary>
internal sealed record DecoderLayer
{
    /// <summary>[hidden].</summary>
    public required Tensor InputNorm { get; init; }

    /// <summary>Query, key and value projections below each other: hidden → (heads + 2 · key/value heads) · head size.</summary>
    public required Linear QueryKeyValue { get; init; }

    /// <summary>[head size], Qwen3 only.</summary>
    public Tensor? QueryNorm { get; init; }

    /// <summary>[head size], Qwen3 only.</summary>
    public Tensor? KeyNorm { get; init; }

    /// <summary>heads · head size → hidden.</summary>
    public required Linear AttentionOutput { get; init; }

    /// <summary>[hidden].</summary>
    public required Tensor PostAttentionNorm { get; init; }

    /// <summary>Gate and up projections below each other: hidden → 2 · intermediate.</summary>
    public required Linear GateUp { get; init; }

    /// <summary>intermediate → hidden.</summary>
    public required Linear Down { get; init; }

    /// <summary>The keys a query sees, itself included; null = all before it.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>All of them, those of adapters included.</summary>
    public IEnumerable<Tensor> Tensors =>
        ((Tensor?[])
        [
            InputNorm, QueryNorm, KeyNorm, PostAttentionNorm,
            .. ((Linear[])[QueryKeyValue, AttentionOutput, GateUp, Down])
                .SelectMany(linear => (Tensor?[])[linear.Weight, linear.Bias, linear.Adapter?.A, linear.Adapter?.B]),
        ]).OfType<Tensor>();
}
