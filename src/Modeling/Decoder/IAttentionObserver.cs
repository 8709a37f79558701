using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Sees what attention is made of while a forward pass runs.</summary>
internal interface IAttentionObserver
{
    /// <summary>The last layer that is read.</summary>
    int LastLayer { get; }

    /// <summary>Whether <see cref="Observe"/> is wanted for this layer.</summary>
    bool Reads(int layer);

    /// <summary>Called within the pass; the tensors live until it returns.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="queries">[B, H, T, D], after norm and rotation.</param>
    /// <param name="keys">[B, H_kv, T, D].</param>
    /// <param name="logSumExp">[B, H, T], float32 or float64, of q·k/√D over the visible keys.</param>
    /// <param name="distances">float32 [B, H, T], Σ_s A[t,s] · (t − s), where the kernel gave it; null = it did not.</param>
    void Observe(int layer, Tensor queries, Tensor keys, Tensor logSumExp, Tensor? distances);
}
