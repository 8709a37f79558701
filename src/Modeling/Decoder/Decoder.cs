using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The forward pass of a decoder-only language model (Llama, Qwen2, Qwen3, Mistral: one body, told apart by configuration).</summary>
internal sealed class Decoder : IDisposable
{
    private readonly RotaryEmbedding _rotary;
    private readonly DecoderLayer[] _layers;

    /// <param name="config">The architecture.</param>
    /// <param name="weights">Its weights; disposed with the decoder.</param>
    /// <param name="adapter">What is added to its matrices; disposed with the decoder. Null = nothing.</param>
    public Decoder(DecoderConfig config, WeightStorage weights, LoraAdapter? adapter = null)
    {
        (Config, Weights, Adapter) = (config, weights, adapter);
        _layers = adapter is null ? weights.Layers : adapter.Attach(weights.Layers);
        _rotary = new RotaryEmbedding(config, weights.Embedding.dtype, weights.Embedding.device);
    }

    public DecoderConfig Config { get; }

    public WeightStorage Weights { get; }

    public LoraAdapter? Adapter { get; }

    /// <summary>Whether passes with a gradient keep one tensor a layer for it instead of a dozen, and compute the layers a second time.</summary>
    public bool ActivationCheckpointing { get; set; }

    public Device Device => Weights.Embedding.device;

    /// <summary>Whether passes without a gradient compute otherwise than those with one: in bfloat16 they round less often.</summary>
    public bool RoundsOtherwiseInTraining => Weights.Embedding.dtype == ScalarType.BFloat16;

    /// <summary>Token ids [B, T] → hidden states after the final norm [B, T, hidden]. Rows may be padded on the right without a mask: nothing looks
    /// ahead.</summary>
    /// <param name="ids">int64 [B, T].</param>
    /// <param name="padding">Positions at the start of each row that are no tokens; null = none.</param>
    /// <param name="observer">Sees the queries and keys of the layers it asks for.</param>
    public Tensor Forward(Tensor ids, int[]? padding = null, IAttentionObserver? observer = null) =>
        Forward(ids, (int)ids.size(1), padding, observer, packing: null);

    /// <summary>Hidden states after the final norm of the tokens of a batch that are computed: [1, N, hidden], or [B, T, hidden] where all are.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="observer">Sees the queries and keys of the layers it asks for, [B, .., T, ..] as ever.</param>
    public Tensor Forward(TokenBatch batch, IAttentionObserver? observer = null) =>
        Forward(Computed(batch), batch.Length, padding: null, observer, batch.Packing);

    private Tensor Forward(Tensor ids, int length, int[]? padding, IAttentionObserver? observer, TokenPacking? packing)
    {
        if (is_grad_enabled()) Adapter?.Dropout?.Begin();
        (Tensor x, Tensor? update) = (Embed(ids), null);
        bool fused = IsFused(x);
        Func<int, DecoderLayer, Tensor, Tensor> attend = Attend(length, padding, observer, fused, cache: null, packing);
        // What is computed again is not observed again.
        Func<int, DecoderLayer, Tensor, Tensor>? attendAgain = ActivationCheckpointing && is_grad_enabled()
            ? Attend(length, padding, observer: null, fused: false, cache: null, packing)
            : null;
        for (int layer = 0; layer < _layers.Length; layer++)
            (x, update) = attendAgain is not null ? (AdvanceCheckpointed(layer, x, attend, attendAgain), null) : Advance(layer, x, update, fused, attend);
        return RootMeanSquareNorm.Add(x, update, Weights.FinalNorm, Config.RmsNormEpsilon, fused).Normalized;
    }

    /// <summary>As much of a pass as an observer needs: it ends with the attention of the last layer that is read. Without gradient.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="observer">Sees the queries and keys of the layers it asks for.</param>
    /// <param name="fast">Whether float32 may round otherwise than torch's operations do, which are slower. bfloat16 does anyway: its kernels round less
    /// often.</param>
    public void Observe(TokenBatch batch, IAttentionObserver observer, bool fast = false)
    {
        (Tensor x, Tensor? update) = (Embed(Computed(batch)), null);
        bool fused = IsFused(x, fast);
        Func<int, DecoderLayer, Tensor, Tensor> attend = Attend(batch.Length, padding: null, observer, fused, cache: null, batch.Packing);
        for (int layer = 0; layer < observer.LastLayer; layer++) (x, update) = Advance(layer, x, update, fused, attend);
        using var scope = NewDisposeScope();
        DecoderLayer last = _layers[observer.LastLayer];
        Tensor normalized = RootMeanSquareNorm.Add(x, update, last.InputNorm, Config.RmsNormEpsilon, fused).Normalized;
        if (fused && FlashAttention.Covers(Config.HeadDimension)) ObserveFlash(last, normalized, observer, batch.Packing);
        else attend(observer.LastLayer, last, normalized);
    }

    /// <summary>A whole pass over T new positions that follow what <paramref name="cache"/> holds, which then holds them too. Without gradient.</summary>
    /// <param name="ids">int64 [B, T]; T = 1, or the first T positions of all.</param>
    /// <param name="cache">The earlier positions.</param>
    /// <param name="padding">Positions at the start of each row that are no tokens; null = none.</param>
    /// <param name="fast">As for <see cref="Observe"/>.</param>
    public Tensor Forward(Tensor ids, KeyValueCache cache, int[]? padding = null, bool fast = false)
    {
        (Tensor x, Tensor? update) = (Embed(ids), null);
        bool fused = IsFused(x, fast);
        Func<int, DecoderLayer, Tensor, Tensor> attend = fused && ids.size(1) == 1
            ? (index, weights, normalized) => CachedSelfAttention(index, weights, normalized, cache, padding)
            : Attend((int)ids.size(1), padding, observer: null, fused, cache, packing: null);
        for (int layer = 0; layer < _layers.Length; layer++) (x, update) = Advance(layer, x, update, fused, attend);
        cache.Advance((int)ids.size(1));
        return RootMeanSquareNorm.Add(x, update, Weights.FinalNorm, Config.RmsNormEpsilon, fused).Normalized;
    }

    /// <summary>One causal pass over a batch: log-probabilities, and entropies and hits if asked for, of its response tokens. Differentiable where grad mode is
    /// on.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <param name="entropies">Whether entropies are wanted, and their gradient.</param>
    /// <param name="observer">Sees the attention; null = nothing does.</param>
    /// <param name="hits">Whether it is wanted which tokens are the most probable ones.</param>
    public TokenScores Score(TokenBatch batch, double temperature, EntropyUse entropies, IAttentionObserver? observer = null, bool hits = false)
    {
        using var scope = NewDisposeScope();
        TokenScores scores = TokenScores.Compute(this, Forward(batch, observer), batch, temperature, entropies, hits: hits);
        scores.Hits?.MoveToOuterDisposeScope();
        scores.LogProbabilities.MoveToOuterDisposeScope();
        scores.Entropies?.MoveToOuterDisposeScope();
        return scores;
    }

    /// <summary>Log-probabilities as <see cref="Score"/> computes them where a gradient flows, but without dropout, and without keeping what the gradient
    /// needs.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    public TokenScores ScoreAsInTraining(TokenBatch batch, double temperature)
    {
        (bool checkpointing, AdapterDropout? dropout) = (ActivationCheckpointing, Adapter?.Dropout);
        try
        {
            // Layers then let go of what they compute.
            ActivationCheckpointing = true;
            if (Adapter is not null) Adapter.Dropout = null;
            using var scope = NewDisposeScope();
            Tensor hidden = Forward(batch).detach();
            hidden.requires_grad = true;
            return new TokenScores(
                TokenScores.Compute(this, hidden, batch, temperature, EntropyUse.None).LogProbabilities.detach().MoveToOuterDisposeScope(),
                Entropies: null);
        }
        finally
        {
            ActivationCheckpointing = checkpointing;
            if (Adapter is not null) Adapter.Dropout = dropout;
        }
    }

    /// <summary>Hidden states [.., hidden] → logits [.., vocabulary].</summary>
    /// <param name="hidden">[.., hidden].</param>
    /// <param name="fast">As for <see cref="Observe"/>.</param>
    public Tensor Logits(Tensor hidden, bool fast = false) => new Linear(Weights.Head, Bias: null).Apply(hidden.contiguous(), IsFused(hidden, fast));

    public void Dispose()
    {
        _rotary.Dispose();
        Adapter?.Dispose();
        Weights.Dispose();
    }

    private static bool IsFused(Tensor x, bool fast = false) => KernelSupport.Covers(x) && (fast || x.dtype == ScalarType.BFloat16);

    private static Tensor Computed(TokenBatch batch) => batch.Packing?.PackIds(batch.Ids) ?? batch.Ids;

    private Tensor Embed(Tensor ids) => Weights.Embedding.index_select(0, ids.reshape(-1)).view(ids.size(0), ids.size(1), Config.HiddenSize);

    /// <summary>One layer, after which what it was given is freed where no gradient needs it.</summary>
    private (Tensor X, Tensor Update) Advance(int index, Tensor x, Tensor? update, bool fused, Func<int, DecoderLayer, Tensor, Tensor> attend)
    {
        (Tensor next, Tensor nextUpdate) = Block(index, x, update, fused, attend);
        if (is_grad_enabled()) return (next, nextUpdate);
        if (!ReferenceEquals(next, x)) x.Dispose();
        update?.Dispose();
        return (next, nextUpdate);
    }

    /// <summary>One layer of which a gradient keeps the input alone.</summary>
    private Tensor AdvanceCheckpointed(int index, Tensor x, Func<int, DecoderLayer, Tensor, Tensor> attend, Func<int, DecoderLayer, Tensor, Tensor> attendAgain)
    {
        // What is computed again is not given other dropout, although other passes may have come between.
        int? pass = Adapter?.Dropout?.Pass;
        return CheckpointedLayer.Apply(x, [.. _layers[index].Tensors.Where(tensor => tensor.requires_grad)], input => Whole(input, attend), input =>
        {
            if (pass is not { } own) return Whole(input, attendAgain);
            int current = Adapter!.Dropout!.Pass;
            Adapter.Dropout.Pass = own;
            Tensor output = Whole(input, attendAgain);
            Adapter.Dropout.Pass = current;
            return output;
        });

        Tensor Whole(Tensor input, Func<int, DecoderLayer, Tensor, Tensor> attention)
        {
            using var scope = NewDisposeScope();
            (Tensor sum, Tensor update) = Block(index, input, update: null, fused: false, attention);
            return sum.Plus(update).MoveToOuterDisposeScope();
        }
    }

    /// <summary>One layer. What a layer's second half adds is added where the next norm reads it, in one pass over memory.</summary>
    /// <param name="index">The layer.</param>
    /// <param name="x">[B, T, hidden].</param>
    /// <param name="update">What is still to be added to x; null before the first layer.</param>
    /// <param name="fused">Whether kernels take the place of torch's small operations; x is then overwritten.</param>
    /// <param name="attend">Layer number, weights and normalised input → values mixed by attention.</param>
    private (Tensor X, Tensor Update) Block(int index, Tensor x, Tensor? update, bool fused, Func<int, DecoderLayer, Tensor, Tensor> attend)
    {
        using var scope = NewDisposeScope();
        DecoderLayer layer = _layers[index];
        (Tensor sum, Tensor normalized) = RootMeanSquareNorm.Add(x, update, layer.InputNorm, Config.RmsNormEpsilon, fused);
        (sum, normalized) = RootMeanSquareNorm.Add(sum, layer.AttentionOutput.Apply(Mixed(), fused), layer.PostAttentionNorm, Config.RmsNormEpsilon, fused);
        update = layer.Down.Apply(GatedUnit.Apply(layer.GateUp.Apply(normalized, fused), fused), fused).MoveToOuterDisposeScope();
        return (ReferenceEquals(sum, x) ? x : sum.MoveToOuterDisposeScope(), update);

        // Queries, keys and values are not held while the layer's second half is computed, which is as large.
        Tensor Mixed()
        {
            using var attention = NewDisposeScope();
            return attend(index, layer, normalized).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Self-attention of T new positions: layer number, weights and normalised input [B, T, hidden] → mixed values [B, T, H · D]; where tokens are
    /// packed [1, N, hidden] → [1, N, H · D].</summary>
    private Func<int, DecoderLayer, Tensor, Tensor> Attend(
        int length, int[]? padding, IAttentionObserver? observer, bool fused, KeyValueCache? cache, TokenPacking? packing)
    {
        if (padding is not null && Array.TrueForAll(padding, count => count == 0)) padding = null;
        int past = cache?.Length ?? 0;
        if (fused && past == 0 && FlashAttention.Covers(Config.HeadDimension))
            return (index, layer, x) => FlashSelfAttention(index, layer, x, padding, observer, cache, packing);
        if (!fused && cache is null && padding is null && KernelSupport.Reaches(Weights.Embedding) && FlashAttention.Covers(Config.HeadDimension))
            return (index, layer, x) => Attention.IsSmall(packing?.Rows ?? x.size(0), Config.HeadCount, length, length)
                ? SelfAttention(index, layer, x, mask: null, observer, fused, cache, packing)
                : TurnedSelfAttention(index, layer, x, observer, packing);
        Tensor? mask = padding is null ? null
            : past == 0 ? AttentionMask.LeftPadded(padding, length, Device)
            : AttentionMask.NewPosition(padding, past + length, Device);
        return (index, layer, x) => SelfAttention(index, layer, x, mask, observer, fused, cache, packing);
    }

    /// <summary>By torch's operations, of which small maps, other devices and types, and caches without fast kernels remain.</summary>
    private Tensor SelfAttention(
        int index, DecoderLayer layer, Tensor x, Tensor? mask, IAttentionObserver? observer, bool fused, KeyValueCache? cache, TokenPacking? packing)
    {
        (Tensor queries, Tensor keys, Tensor values) = fused
            ? Split(Project(layer, x, cache?.Length ?? 0, packing))
            : ProjectByOperations(layer, x, cache?.Length ?? 0, packing);
        long batch = queries.size(0), length = queries.size(2);
        if (cache is not null) (keys, values) = cache.Append(index, keys, values);
        Tensor? visible = AttentionMask.Slide(mask, layer.SlidingWindow, length, keys.size(2), x.device);
        bool causal = visible is null && length > 1;
        Tensor output;
        if (observer is not null && observer.Reads(index))
        {
            (output, Tensor logSumExp) = Attention.AttendWithLogSumExp(queries, keys, values, visible, causal);
            observer.Observe(index, queries, keys, logSumExp, distances: null);
        }
        else
        {
            output = Attention.Attend(queries, keys, values, visible, causal);
        }
        Tensor mixed = output.transpose(1, 2).reshape(batch, length, Config.HeadCount * Config.HeadDimension);
        return packing?.Pack(mixed) ?? mixed;
    }

    /// <summary>By a kernel, over the new positions alone.</summary>
    private Tensor FlashSelfAttention(
        int index, DecoderLayer layer, Tensor x, int[]? padding, IAttentionObserver? observer, KeyValueCache? cache, TokenPacking? packing)
    {
        Tensor projected = Project(layer, x, start: 0, packing);
        (Tensor queries, Tensor keys, Tensor values) = Split(projected);
        cache?.Append(index, keys, values);
        bool observed = observer is not null && observer.Reads(index);
        (Tensor output, Tensor? logSumExp, Tensor? distances) =
            FlashAttention.Apply(projected, Config.KeyValueHeadCount, padding, layer.SlidingWindow, statistics: observed);
        if (observed) observer!.Observe(index, queries, keys, logSumExp!, distances);
        return packing?.Pack(output) ?? output;
    }

    /// <summary>Attention by a kernel that has a gradient, all else by torch's operations. Passes without a gradient take it too where their numbers are to be
    /// those of passes with one.</summary>
    private Tensor TurnedSelfAttention(int index, DecoderLayer layer, Tensor x, IAttentionObserver? observer, TokenPacking? packing)
    {
        int heads = Config.HeadCount, keyHeads = Config.KeyValueHeadCount;
        Tensor projected = ProjectHeads(layer, x, fused: false, packing);
        if (layer.QueryNorm is not null) projected = cat([.. Normalized(layer, projected), projected.narrow(2, heads + keyHeads, keyHeads)], 2);
        bool observed = observer is not null && observer.Reads(index);
        (Tensor output, Tensor? logSumExp, Tensor? distances) = _rotary.Attend(projected, keyHeads, layer.SlidingWindow, statistics: observed);
        if (observed)
        {
            (Tensor queries, Tensor keys, _) = Split(projected.detach());
            observer!.Observe(index, queries, keys, logSumExp!, distances);
        }
        return packing?.Pack(output) ?? output;
    }

    /// <summary>What an observer sees of the last layer that it reads, by a kernel: no values are mixed.</summary>
    private void ObserveFlash(DecoderLayer layer, Tensor x, IAttentionObserver observer, TokenPacking? packing)
    {
        Tensor projected = Project(layer, x, start: 0, packing);
        (Tensor queries, Tensor keys, _) = Split(projected);
        (Tensor logSumExp, Tensor distances) = FlashAttention.Measure(projected, Config.KeyValueHeadCount, layer.SlidingWindow);
        observer.Observe(observer.LastLayer, queries, keys, logSumExp, distances);
    }

    /// <summary>By a kernel, one new position per row over the cached ones.</summary>
    private Tensor CachedSelfAttention(int index, DecoderLayer layer, Tensor x, KeyValueCache cache, int[]? padding)
    {
        Tensor projected = Project(layer, x, cache.Length, packing: null);
        (Tensor keys, Tensor values) = cache.Reserve(index);
        return CachedAttention.Apply(projected, keys, values, cache.Length, padding, layer.SlidingWindow);
    }

    /// <summary>Queries, keys and values [B, T, H + 2 · H_kv, D] of positions <paramref name="start"/>, …; queries and keys are turned, by a kernel.</summary>
    private Tensor Project(DecoderLayer layer, Tensor x, int start, TokenPacking? packing)
    {
        Tensor projected = ProjectHeads(layer, x, fused: true, packing);
        _rotary.ApplyInPlace(projected, layer, Config, start);
        return projected;
    }

    /// <summary>The same by torch's operations, as queries [B, H, T, D] and keys and values [B, H_kv, T, D].</summary>
    private (Tensor Queries, Tensor Keys, Tensor Values) ProjectByOperations(DecoderLayer layer, Tensor x, int start, TokenPacking? packing)
    {
        int heads = Config.HeadCount, keyHeads = Config.KeyValueHeadCount;
        Tensor projected = ProjectHeads(layer, x, fused: false, packing);
        Tensor qk = layer.QueryNorm is null ? projected.narrow(2, 0, heads + keyHeads) : cat(Normalized(layer, projected), 2);
        qk = _rotary.Apply(qk, start).transpose(1, 2);                                                                                 // [B, H + H_kv, T, D]
        return (qk.narrow(1, 0, heads), qk.narrow(1, heads, keyHeads), projected.narrow(2, heads + keyHeads, keyHeads).transpose(1, 2));
    }

    /// <summary>Normed queries [B, T, H, D] and keys [B, T, H_kv, D] of a layer that has norms for them, by torch's operations.</summary>
    private Tensor[] Normalized(DecoderLayer layer, Tensor projected) =>
    [
        RootMeanSquareNorm.Apply(projected.narrow(2, 0, Config.HeadCount), layer.QueryNorm!, Config.RmsNormEpsilon),
        RootMeanSquareNorm.Apply(projected.narrow(2, Config.HeadCount, Config.KeyValueHeadCount), layer.KeyNorm!, Config.RmsNormEpsilon),
    ];

    /// <summary>The projection alone: [B, T, H + 2 · H_kv, D], of packed tokens at all their places.</summary>
    private Tensor ProjectHeads(DecoderLayer layer, Tensor x, bool fused, TokenPacking? packing)
    {
        Tensor whole = layer.QueryKeyValue.Apply(x, fused);
        if (packing is not null)
        {
            using Tensor computed = whole;
            whole = packing.Unpack(computed);
        }
        return whole.view(whole.size(0), whole.size(1), Config.HeadCount + 2 * Config.KeyValueHeadCount, Config.HeadDimension);
    }

    /// <summary>Queries [B, H, T, D], keys and values [B, H_kv, T, D].</summary>
    private (Tensor Queries, Tensor Keys, Tensor Values) Split(Tensor projected)
    {
        int heads = Config.HeadCount, keyHeads = Config.KeyValueHeadCount;
        Tensor turned = projected.transpose(1, 2);
        return (turned.narrow(1, 0, heads), turned.narrow(1, heads, keyHeads), turned.narrow(1, heads + keyHeads, keyHeads));
    }
}
