using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Samples a batch of responses with a key/value cache, token by token. Samples of one prompt share its prefill; rows that are done leave the
/// batch.</summary>
/// <remarks>A step is synchronous and keeps nothing in the caller's dispose scope, so each may run on another thread.</remarks>
internal sealed class SequenceGenerator : IDisposable
{
    private const int CapacityStep = 64;

    private readonly Decoder _decoder;
    private readonly GenerationOptions _options;
    private readonly IReadOnlySet<int> _stopTokens;
    private readonly int _promptLength;
    private ResponseRow[] _active;
    private KeyValueCache? _cache;
    private Tensor? _tokens;
    private Tensor? _seen;

    /// <param name="decoder">The model.</param>
    /// <param name="rows">The responses; none has a token yet.</param>
    /// <param name="options">How to sample.</param>
    /// <param name="stopTokens">Tokens that end a response.</param>
    public SequenceGenerator(Decoder decoder, ResponseRow[] rows, GenerationOptions options, IReadOnlySet<int> stopTokens)
    {
        (_decoder, _active, _options, _stopTokens) = (decoder, rows, options, stopTokens);
        _promptLength = rows.Max(row => row.PromptIds.Length);
    }

    /// <summary>Samples the next token of every row that has not ended.</summary>
    /// <returns>Whether a row is left that has not ended.</returns>
    /// <exception cref="NotFiniteNumberException">The logits of a row that has not ended are not finite; the message names its prompt.</exception>
    public bool Step()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor logits = _cache is null ? Prefill() : Decode(_cache);                                   // [B, V]
        (Tensor tokens, Tensor logProbabilities, int[]?[]? keptIds) = TokenSampler.Sample(logits, _options, _seen, [.. _active.Select(row => row.NextStream)]);
        Store(tokens, logProbabilities, keptIds);

        int[] remaining = [.. Enumerable.Range(0, _active.Length).Where(i => _active[i].Finish is null)];
        if (remaining.Length == 0) return false;
        _seen?.scatter_(1, tokens.unsqueeze(1), ones_like(tokens.unsqueeze(1), ScalarType.Bool));
        // Copying the cache costs about as much as a step: worth it once a quarter of the rows has nothing left to do.
        if (remaining.Length <= 3 * _active.Length / 4)
        {
            Tensor kept = Index(remaining);
            _active = [.. remaining.Select(i => _active[i])];
            _cache!.Select(kept, _cache.Length + CapacityStep);
            tokens = tokens.index_select(0, kept);
            if (_seen is not null) Keep(ref _seen, _seen.index_select(0, kept));
        }
        Keep(ref _tokens, tokens);
        return true;
    }

    public void Dispose()
    {
        _cache?.Dispose();
        _tokens?.Dispose();
        _seen?.Dispose();
    }

    /// <summary>The logits [B, V] after each row's prompt, which the cache then holds, padded on the left to one length.</summary>
    private Tensor Prefill()
    {
        int[][] prompts = [.. _active.DistinctBy(row => row.Prompt).Select(row => row.PromptIds)];
        bool shared = prompts.Length < _active.Length;
        int longest = GenerationPlan.Positions(_active);
        _cache = new KeyValueCache(
            _decoder.Config,
            prompts.Length,
            shared ? _promptLength : Math.Min(_promptLength + CapacityStep, longest),
            _decoder.Weights.Embedding.dtype,
            _decoder.Device,
            longest);

        long[] ids = new long[prompts.Length * _promptLength];
        for (int i = 0; i < prompts.Length; i++)
            for (int t = 0; t < prompts[i].Length; t++)
                ids[i * _promptLength + _promptLength - prompts[i].Length + t] = prompts[i][t];
        Tensor hidden = _decoder.Forward(tensor(ids, [prompts.Length, _promptLength], device: _decoder.Device), _cache, Padding(prompts));
        Tensor logits = _decoder.Logits(hidden.select(1, -1));                                         // [prompts, V]
        if (shared)
        {
            Dictionary<int, int> place = _active.Select(row => row.Prompt).Distinct().Select((prompt, i) => (prompt, i)).ToDictionary();
            Tensor rows = Index(_active.Select(row => place[row.Prompt]));
            _cache.Select(rows, _promptLength + CapacityStep);
            logits = logits.index_select(0, rows);
        }
        if (_options.RepetitionPenalty != 1) Keep(ref _seen, Seen(logits));
        return logits;
    }

    /// <summary>The logits [B, V] after each row's latest token.</summary>
    private Tensor Decode(KeyValueCache cache)
    {
        bool fast = _options.Temperature > 0;
        return _decoder.Logits(_decoder.Forward(_tokens!.unsqueeze(1), cache, Padding(_active.Select(row => row.PromptIds)), fast).select(1, 0), fast);
    }

    private void Store(Tensor tokens, Tensor logProbabilities, int[]?[]? keptIds)
    {
        long[] ids = [.. tokens.cpu().data<long>()];
        float[] logs = logProbabilities.ToSingles();
        for (int i = 0; i < _active.Length; i++)
        {
            ResponseRow row = _active[i];
            // What is computed of a row that has ended, behind its stop token, concerns nobody.
            if (row.Finish is not null) continue;
            if (float.IsNaN(logs[i])) throw NotFinite(row);
            row.Add((int)ids[i], logs[i], _stopTokens.Contains((int)ids[i]), keptIds?[i]);
        }
    }

    private NotFiniteNumberException NotFinite(ResponseRow row) => new(
        $"Row {row.Prompt}{(_options.SamplesPerPrompt > 1 ? $", sample {row.Sample}" : "")}: the logits of token {row.Length} of the response are not finite: the model overflows in the type that its weights were loaded in, or they are damaged.");

    private Tensor Seen(Tensor logits)
    {
        Tensor seen = zeros_like(logits, ScalarType.Bool);
        for (int i = 0; i < _active.Length; i++)
            seen[i].FillColumns_(Index(_active[i].PromptIds), 1);
        return seen;
    }

    private int[] Padding(IEnumerable<int[]> prompts) => [.. prompts.Select(prompt => _promptLength - prompt.Length)];

    private Tensor Index(IEnumerable<int> indices) => tensor(indices.Select(i => (long)i).ToArray(), device: _decoder.Device);

    private static void Keep(ref Tensor? kept, Tensor value)
    {
        Tensor? old = kept;
        kept = value.DetachFromDisposeScope();
        old?.Dispose();
    }
}
