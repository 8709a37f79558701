using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The forward pass of a decoder-only language model (Llama, Qwen2, Qwen3, Mistral: one body, told apart by configuration).</summary>
internal sealed class Decoder : IDisposable
{
    private readonly RotaryEmbedding _rotary;

    /// <param name="config">The architecture.</param>
    /// <param name="weights">Its weights; disposed with the decoder.</param>
    public Decoder(DecoderConfig config, WeightStorage weights)
    {
        (Config, Weights) = (config, weights);
        _rotary = new RotaryEmbedding(config, weights.Embedding.dtype, weights.Embedding.device);
    }

    public DecoderConfig Config { get; }

    public WeightStorage Weights { get; }

    public Device Device => Weights.Embedding.device;

    /// <summary>Token ids [B, T] → hidden states after the final norm [B, T, hidden]. Rows may be padded on the right without a mask: nothing looks ahead.</summary>
    /// <param name="ids">int64 [B, T].</param>
    /// <param name="mask">bool [B, 1, T, T] or [1, 1, T, T], true = visible; null = causal.</param>
    /// <param name="observer">Sees the queries and keys of the layers it asks for; those layers then carry no gradient.</param>
    /// <param name="lastLayer">The layer to stop after; the hidden states are then those of that layer, without the final norm. Null = all layers.</param>
    public Tensor Forward(Tensor ids, Tensor? mask = null, IAttentionObserver? observer = null, int? lastLayer = null)
    {
        Tensor x = Embed(ids);
        for (int layer = 0; layer < Weights.Layers.Length; layer++)
        {
            x = Block(layer, x, mask, cache: null, observer);
            if (layer == lastLayer) return x;
        }
        return Normalize(x, Weights.FinalNorm);
    }

    /// <summary>The same for T new positions that follow what <paramref name="cache"/> holds, which then holds them too.</summary>
    /// <param name="ids">int64 [B, T].</param>
    /// <param name="cache">The earlier positions.</param>
    /// <param name="mask">bool [B, 1, T or 1, length so far], true = visible; null = all before and itself.</param>
    public Tensor Forward(Tensor ids, KeyValueCache cache, Tensor? mask)
    {
        Tensor x = Embed(ids);
        for (int layer = 0; layer < Weights.Layers.Length; layer++)
            x = Block(layer, x, mask, cache, observer: null);
        cache.Advance((int)ids.shape[1]);
        return Normalize(x, Weights.FinalNorm);
    }

    /// <summary>One causal pass over a batch: log-probabilities, and entropies if asked for, of its response tokens. Differentiable where grad mode is on.</summary>
    public TokenScores Score(TokenBatch batch, double temperature, bool entropies)
    {
        using var scope = NewDisposeScope();
        TokenScores scores = TokenScores.Compute(this, Forward(batch.Ids), batch, temperature, entropies);
        scores.LogProbabilities.MoveToOuterDisposeScope();
        scores.Entropies?.MoveToOuterDisposeScope();
        return scores;
    }

    /// <summary>Hidden states [.., hidden] → logits [.., vocabulary].</summary>
    public Tensor Logits(Tensor hidden) => nn.functional.linear(hidden, Weights.Head);

    public void Dispose()
    {
        _rotary.Dispose();
        Weights.Dispose();
    }

    private Tensor Embed(Tensor ids) => Weights.Embedding.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], Config.HiddenSize);

    private Tensor Block(int index, Tensor x, Tensor? mask, KeyValueCache? cache, IAttentionObserver? observer)
    {
        using var scope = NewDisposeScope();
        DecoderLayer layer = Weights.Layers[index];
        x = x + SelfAttention(index, layer, Normalize(x, layer.InputNorm), mask, cache, observer);
        x = x + FeedForward(layer, Normalize(x, layer.PostAttentionNorm));
        return x.MoveToOuterDisposeScope();
    }

    private Tensor SelfAttention(int index, DecoderLayer layer, Tensor x, Tensor? mask, KeyValueCache? cache, IAttentionObserver? observer)
    {
        long batch = x.shape[0], length = x.shape[1];
        int heads = Config.HeadCount, keyHeads = Config.KeyValueHeadCount, size = Config.HeadDimension;

        Tensor qkv = layer.QueryKeyValue.Apply(x).view(batch, length, heads + 2 * keyHeads, size);                 // [B, T, H + 2·H_kv, D]
        Tensor qk = qkv.narrow(2, 0, heads + keyHeads);
        if (layer.QueryNorm is { } queryNorm && layer.KeyNorm is { } keyNorm)
            qk = cat([Normalize(qk.narrow(2, 0, heads), queryNorm), Normalize(qk.narrow(2, heads, keyHeads), keyNorm)], 2);
        qk = _rotary.Apply(qk, cache?.Length ?? 0).transpose(1, 2);                                               // [B, H + H_kv, T, D]
        Tensor queries = qk.narrow(1, 0, heads), keys = qk.narrow(1, heads, keyHeads);
        Tensor values = qkv.narrow(2, heads + keyHeads, keyHeads).transpose(1, 2);                                // [B, H_kv, T, D]

        if (cache is not null) (keys, values) = cache.Append(index, keys, values);
        Tensor? visible = AttentionMask.Slide(mask, layer.SlidingWindow, length, keys.shape[2], x.device);
        bool causal = visible is null && length > 1;
        Tensor output;
        if (observer is not null && observer.Reads(index))
        {
            (output, Tensor logSumExp) = Attention.AttendWithLogSumExp(queries, keys, values, visible, causal);
            observer.Observe(index, queries, keys, logSumExp);
        }
        else
        {
            output = Attention.Attend(queries, keys, values, visible, causal);
        }
        return layer.AttentionOutput.Apply(output.transpose(1, 2).reshape(batch, length, heads * size));
    }

    private static Tensor FeedForward(DecoderLayer layer, Tensor x)
    {
        Tensor[] gateUp = layer.GateUp.Apply(x).chunk(2, -1);
        return layer.Down.Apply(nn.functional.silu(gateUp[0]) * gateUp[1]);
    }

    /// <summary>RMSNorm: x / √(mean(x²) + ε) · w over the last dimension, in float32 whatever the weights' type, as transformers does.</summary>
    private Tensor Normalize(Tensor x, Tensor weight)
    {
        Tensor wide = x.to(ScalarType.Float32);
        return (wide * (wide.square().mean([-1], keepdim: true) + Config.RmsNormEpsilon).rsqrt()).to(x.dtype) * weight;
    }
}
