using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Batched sampling with a key/value cache. Samples of one prompt share its prefill; rows that are done leave the batch.</summary>
internal sealed class SequenceGenerator
{
    private const int CapacityStep = 64;

    private readonly Decoder _decoder;
    private readonly GenerationOptions _options;
    private readonly HashSet<int> _stopTokens;
    private readonly Row[] _rows;
    private readonly int _promptLength;

    private SequenceGenerator(Decoder decoder, IReadOnlyList<int[]> prompts, GenerationOptions options, IReadOnlyList<int> stopTokens)
    {
        (_decoder, _options) = (decoder, options);
        _stopTokens = [.. stopTokens];
        _promptLength = prompts.Max(p => p.Length);
        _rows = [.. from prompt in Enumerable.Range(0, prompts.Count)
                    from sample in Enumerable.Range(0, options.SamplesPerPrompt)
                    select new Row(prompt, sample, prompts[prompt], RandomUniform.Stream(options.PromptSeeds?[prompt] ?? options.Seed, options.PromptSeeds is null ? prompt : 0, sample))];
    }

    /// <summary>Samples responses; prompt 0's samples first.</summary>
    public static IReadOnlyList<GeneratedSequence> Generate(Decoder decoder, IReadOnlyList<int[]> prompts, GenerationOptions options, IReadOnlyList<int> stopTokens, CancellationToken cancellationToken)
    {
        options.Validate(prompts.Count);
        if (prompts.Count == 0) return [];
        for (int i = 0; i < prompts.Count; i++)
            SequenceCheck.Prompt(decoder.Config, prompts[i], options.MaxNewTokens, i);
        return new SequenceGenerator(decoder, prompts, options, stopTokens).Run(prompts, cancellationToken);
    }

    private IReadOnlyList<GeneratedSequence> Run(IReadOnlyList<int[]> prompts, CancellationToken cancellationToken)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var cache = new KeyValueCache(_decoder.Config, prompts.Count, _promptLength, _decoder.Weights.Embedding.dtype, _decoder.Device);

        Tensor logits = Prefill(prompts, cache);                                                       // [prompts, V]
        Row[] active = _rows;
        Tensor shared = Index(active.Select(row => row.Prompt));
        cache.Select(shared, _promptLength + Math.Min(CapacityStep, _options.MaxNewTokens));
        logits = logits.index_select(0, shared);                                                       // [B, V]
        Tensor? seen = _options.RepetitionPenalty == 1 ? null : Seen(active, logits);

        for (int step = 0; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            (Tensor tokens, Tensor logProbabilities) = TokenSampler.Sample(logits, _options, seen, [.. active.Select(row => RandomUniform.At(row.Stream, step))]);
            Store(active, tokens, logProbabilities);

            int[] remaining = [.. Enumerable.Range(0, active.Length).Where(i => active[i].Finish is null)];
            if (remaining.Length == 0) break;
            seen?.scatter_(1, tokens.unsqueeze(1), ones_like(tokens.unsqueeze(1), ScalarType.Bool));
            // Copying the cache costs about as much as a step: worth it once a quarter of the rows has nothing left to do.
            if (remaining.Length <= 3 * active.Length / 4)
            {
                Tensor kept = Index(remaining);
                active = [.. remaining.Select(i => active[i])];
                cache.Select(kept, Math.Min(cache.Length + CapacityStep, _promptLength + _options.MaxNewTokens));
                (tokens, seen) = (tokens.index_select(0, kept), seen?.index_select(0, kept).MoveToOuterDisposeScope());
            }
            Tensor hidden = _decoder.Forward(tokens.unsqueeze(1), cache, Padding(active), fast: _options.Temperature > 0);             // [B, 1, d]
            logits.Dispose();
            logits = _decoder.Logits(hidden.select(1, 0)).MoveToOuterDisposeScope();                   // [B, V]
        }
        return [.. _rows.Select(row => row.ToSequence())];
    }

    /// <summary>The logits [prompts, V] after each prompt, which the cache then holds, padded on the left to one length.</summary>
    private Tensor Prefill(IReadOnlyList<int[]> prompts, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        long[] ids = new long[prompts.Count * _promptLength];
        for (int i = 0; i < prompts.Count; i++)
            for (int t = 0; t < prompts[i].Length; t++)
                ids[i * _promptLength + _promptLength - prompts[i].Length + t] = prompts[i][t];
        int[] padding = [.. prompts.Select(prompt => _promptLength - prompt.Length)];
        Tensor hidden = _decoder.Forward(tensor(ids, [prompts.Count, _promptLength], device: _decoder.Device), cache, padding);
        return _decoder.Logits(hidden.select(1, -1)).MoveToOuterDisposeScope();
    }

    private void Store(Row[] active, Tensor tokens, Tensor logProbabilities)
    {
        long[] ids = [.. tokens.cpu().data<long>()];
        float[] logs = [.. logProbabilities.to(ScalarType.Float32).cpu().data<float>()];
        for (int i = 0; i < active.Length; i++)
        {
            if (active[i].Finish is not null) continue;
            active[i].Add((int)ids[i], logs[i]);
            if (_stopTokens.Contains((int)ids[i])) active[i].Finish = FinishReason.Stop;
            else if (active[i].Length == _options.MaxNewTokens) active[i].Finish = FinishReason.Length;
        }
    }

    private Tensor Seen(Row[] active, Tensor logits)
    {
        Tensor seen = zeros_like(logits, ScalarType.Bool);
        for (int i = 0; i < active.Length; i++)
            seen[i].FillColumns_(Index(active[i].PromptIds), 1);
        return seen;
    }

    private int[] Padding(Row[] active) => [.. active.Select(row => _promptLength - row.PromptIds.Length)];

    private Tensor Index(IEnumerable<int> indices) => tensor(indices.Select(i => (long)i).ToArray(), device: _decoder.Device);

    private sealed class Row(int prompt, int sample, int[] promptIds, ulong stream)
    {
        private readonly List<int> _ids = [];
        private readonly List<float> _logProbabilities = [];

        public int Prompt => prompt;

        public int[] PromptIds => promptIds;

        public ulong Stream => stream;

        public int Length => _ids.Count;

        public FinishReason? Finish { get; set; }

        public void Add(int id, float logProbability)
        {
            _ids.Add(id);
            _logProbabilities.Add(logProbability);
        }

        public GeneratedSequence ToSequence() => new()
        {
            PromptIndex = prompt,
            SampleIndex = sample,
            TokenIds = [.. _ids],
            LogProbabilities = [.. _logProbabilities],
            FinishReason = Finish!.Value,
        };
    }
}
