using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Benchmarks;

/// <summary>A step of plain GRPO with one update, made of the operations that transformers' Llama in generate() and TRL's GRPOTrainer (as of July 2026) make it
/// of, in float32 and in the libtorch that we run on, but called from C#.</summary>
/// <remarks>
/// What they do: a batch padded on both sides; a cache that is concatenated for every token; rows that have ended stay in the batch until all have; separate
/// projections; scaled_dot_product_attention with a mask; the
/// logits of all response tokens at once, entropies in chunks of 128. Left out: Python, loops over rows in log-probabilities, data loading, metrics and the
/// reward. AdamW is ours. Sampling with vLLM is another matter.
/// </remarks>
internal sealed class EagerStep : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly IReadOnlyDictionary<string, Tensor> _weights;
    private readonly AdamW _optimizer;
    private readonly Tensor _frequencies;

    public EagerStep(CausalLanguageModel model, TrainingOptions options)
    {
        using var scope = NewDisposeScope();
        _config = model.Config;
        _weights = model.Parameters.ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone().requires_grad_(true).DetachFromDisposeScope());
        _optimizer = new AdamW([.. _weights.Select(entry => (entry.Key, entry.Value))], options);
        _frequencies = tensor(Enumerable.Range(0, _config.HeadDimension / 2)
            .Select(i => (float)Math.Pow(10_000, -2.0 * i / _config.HeadDimension))
            .ToArray()).DetachFromDisposeScope();
    }

    /// <summary>Samples and learns.</summary>
    /// <param name="prompts">Token ids.</param>
    /// <param name="samples">Responses to each.</param>
    /// <param name="maxNewTokens">The most tokens of a response.</param>
    public void Run(int[][] prompts, int samples, int maxNewTokens)
    {
        using var scope = NewDisposeScope();
        int longest = prompts.Max(prompt => prompt.Length);
        long[] padded = [.. prompts
            .SelectMany(prompt =>
                Enumerable.Repeat(Enumerable.Repeat(0L, longest - prompt.Length).Concat(prompt.Select(id => (long)id)), samples))
            .SelectMany(row => row)];
        long[] padding = [.. prompts.SelectMany(prompt => Enumerable.Repeat((long)(longest - prompt.Length), samples))];
        Tensor promptIds = tensor(padded, [prompts.Length * samples, longest]), starts = tensor(padding).unsqueeze(1);                        // [B, P], [B, 1]
        (Tensor ids, Tensor mask) = Sample(promptIds, starts, maxNewTokens);                                                                  // [B, T], [B, R]
        Learn(ids, starts, mask);
    }

    /// <summary>Requires that it computes what the model does, as a whole and token by token.</summary>
    /// <exception cref="InvalidOperationException">Logits differ.</exception>
    public void RequireSame(CausalLanguageModel model, int[] ids)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor input = tensor([.. ids.Select(id => (long)id)], [1, ids.Length]), padded = cat([zeros_like(input.narrow(1, 0, 2)), input], 1);
        Tensor expected = model.Forward(input), found = Head(Hidden(padded, tensor(2L).view(1, 1), cache: null)).narrow(1, 2, ids.Length);
        var cache = new (Tensor Keys, Tensor Values)?[_config.LayerCount];
        Tensor start = zeros([1, 1], ScalarType.Int64), decoded = found;
        for (int t = 0; t < ids.Length; t++)
        {
            using var step = NewDisposeScope();
            decoded = Head(Hidden(input.narrow(1, t, 1), start, cache)).MoveToOuterDisposeScope();
        }
        if ((found - expected).abs().max().ToNumber() > 1e-3
            || (decoded - expected.narrow(1, ids.Length - 1, 1)).abs().max().ToNumber() > 1e-3)
            throw new InvalidOperationException("The step that is compared with is of another model.");
    }

    public void Dispose()
    {
        foreach (Tensor weight in _weights.Values) weight.Dispose();
        _optimizer.Dispose();
        _frequencies.Dispose();
    }

    private (Tensor Ids, Tensor Mask) Sample(Tensor promptIds, Tensor starts, int maxNewTokens)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var cache = new (Tensor Keys, Tensor Values)?[_config.LayerCount];
        Tensor ids = promptIds, input = promptIds, unfinished = ones(promptIds.shape[0], 1, dtype: ScalarType.Int64), mask = empty([promptIds.shape[0], 0]);
        for (int t = 0; t < maxNewTokens; t++)
        {
            using var step = NewDisposeScope();
            Tensor logits = Head(Hidden(input, starts, cache).select(1, -1));                                                                 // [B, V]
            Tensor next = multinomial(nn.functional.softmax(logits, 1), 1) * unfinished;
            (Tensor longer, Tensor whole) = (cat([ids, next], 1), cat([mask, unfinished.to(ScalarType.Float32)], 1));
            Tensor left = unfinished * next.not_equal(_config.EosTokenIds[0]).to(ScalarType.Int64);
            bool ends = left.max().ToNumber() == 0;
            (ids, input, unfinished, mask) = (
                longer.MoveToOuterDisposeScope(),
                next.MoveToOuterDisposeScope(),
                left.MoveToOuterDisposeScope(),
                whole.MoveToOuterDisposeScope());
            if (ends) break;
        }
        return (ids.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }

    private void Learn(Tensor ids, Tensor starts, Tensor mask)
    {
        long responses = mask.shape[1], prompt = ids.shape[1] - responses;
        Tensor logits = Head(Hidden(ids, starts, cache: null).narrow(1, prompt - 1, responses));                                               // [B, R, V]
        Tensor logs = logits.gather(2, ids.narrow(1, prompt, responses).unsqueeze(2)).squeeze(2) - logits.logsumexp(2);
        using (no_grad())
        {
            foreach (Tensor chunk in logits.detach().reshape(-1, logits.shape[2]).split(128, dim: 0))
            {
                using var part = NewDisposeScope();
                Tensor distribution = nn.functional.log_softmax(chunk, 1);
                _ = -(distribution.exp() * distribution).sum(1);
            }
        }
        Tensor advantages = randn(ids.shape[0], 1), ratio = (logs - logs.detach()).exp();
        Tensor terms = minimum(ratio * advantages, ratio.Clamped(0.8, 1.2) * advantages);
        Tensor loss = -(terms * mask).sum() / mask.sum();
        Tensor[] gradients = [.. autograd.grad([loss], [.. _weights.Values]).Select(gradient => gradient.contiguous())];
        _optimizer.Clip(gradients);
        _optimizer.Step(gradients, 1e-12);
    }

    /// <summary>[B, t] → [B, t, d], after the final norm; with a cache that these tokens are added to, or as a whole.</summary>
    private Tensor Hidden(Tensor ids, Tensor starts, (Tensor Keys, Tensor Values)?[]? cache)
    {
        long past = cache?[0]?.Keys.shape[2] ?? 0, count = ids.shape[1];
        Tensor places = TensorArithmetic.Range(past, past + count).unsqueeze(0),
            positions = cache is null ? places : (places - starts).Clamped(min: 0);                                                     // [1, t], [B or 1, t]
        Tensor keys = TensorArithmetic.Range(0, past + count);
        Tensor seen = keys.view(1, 1, 1, -1).less_equal(places.view(1, 1, -1, 1))
            .logical_and(keys.view(1, 1, 1, -1).greater_equal(starts.view(-1, 1, 1, 1))
                .logical_or(keys.view(1, 1, 1, -1).eq(places.view(1, 1, -1, 1))));
        Tensor angles = positions.to(ScalarType.Float32).unsqueeze(2) * _frequencies,
            whole = cat([angles, angles], 2).unsqueeze(1);                                                                              // [B or 1, 1, t, h]
        (Tensor cos, Tensor sin) = (whole.cos(), whole.sin());

        Tensor hidden = _weights["model.embed_tokens.weight"].index_select(0, ids.reshape(-1)).view(ids.shape[0], count, -1);                      // [B, t, d]
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            using var layerScope = NewDisposeScope();
            Tensor input = Norm(hidden, $"model.layers.{layer}.input_layernorm.weight");
            (Tensor q, Tensor k, Tensor v) = (Rotate(Heads(input, layer, "q"), cos, sin), Rotate(Heads(input, layer, "k"), cos, sin), Heads(input, layer, "v"));
            if (cache is not null)
            {
                if (cache[layer] is { } before)
                {
                    (k, v) = (cat([before.Keys, k], 2), cat([before.Values, v], 2));
                    before.Keys.Dispose();
                    before.Values.Dispose();
                }
                // Out of the layer's scope, and of the step's.
                cache[layer] = (k.MoveToOuterDisposeScope().MoveToOuterDisposeScope(), v.MoveToOuterDisposeScope().MoveToOuterDisposeScope());
            }
            Tensor attention = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask: seen).transpose(1, 2).reshape(ids.shape[0], count, -1);
            hidden = hidden.Plus(Project(attention, $"model.layers.{layer}.self_attn.o_proj.weight"));
            Tensor normed = Norm(hidden, $"model.layers.{layer}.post_attention_layernorm.weight");
            Tensor gate = nn.functional.silu(Project(normed, $"model.layers.{layer}.mlp.gate_proj.weight"))
                * Project(normed, $"model.layers.{layer}.mlp.up_proj.weight");
            hidden = hidden.Plus(Project(gate, $"model.layers.{layer}.mlp.down_proj.weight")).MoveToOuterDisposeScope();
        }
        return Norm(hidden, "model.norm.weight");
    }

    private Tensor Heads(Tensor input, int layer, string which) =>
        Project(input, $"model.layers.{layer}.self_attn.{which}_proj.weight").view(input.shape[0], input.shape[1], -1, _config.HeadDimension).transpose(1, 2);

    private Tensor Norm(Tensor x, string weight) => _weights[weight] * (x * (x * x).mean([-1], keepdim: true).Plus(1e-6).rsqrt());

    private Tensor Project(Tensor x, string weight) => nn.functional.linear(x, _weights[weight]);

    private Tensor Head(Tensor hidden) => Project(hidden, "model.embed_tokens.weight");

    private static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        long half = x.shape[3] / 2;
        return (x * cos).Plus(cat([-x.narrow(3, half, half), x.narrow(3, 0, half)], 3) * sin);
    }
}
