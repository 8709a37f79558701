using static System.FormattableString;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>What is to be generated, checked before anything is computed.</summary>
internal sealed class GenerationPlan
{
    private readonly CausalLanguageModel _model;
    private readonly IReadOnlyList<int[]> _prompts;
    private readonly IReadOnlyList<int>? _limits;

    private GenerationPlan(CausalLanguageModel model, IReadOnlyList<int[]> prompts, GenerationOptions options, IReadOnlyList<int>? limits)
    {
        (_model, _prompts, Options, _limits) = (model, prompts, options, limits);
        StopTokens = new HashSet<int>(options.StopTokenIds ?? model.GenerationConfig.EosTokenIds);
    }

    public GenerationOptions Options { get; }

    /// <summary>Tokens that end a response.</summary>
    public IReadOnlySet<int> StopTokens { get; }

    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids.</param>
    /// <param name="given">How to sample; null = what the model recommends.</param>
    /// <param name="limits">The most tokens that each prompt's responses may have, at least 1; null = the options' for all.</param>
    /// <exception cref="ArgumentException">An option is out of range, the model lacks what it needs, a prompt cannot be answered, or the cache would not
    /// fit.</exception>
    public static GenerationPlan Create(CausalLanguageModel model, IReadOnlyList<int[]> prompts, GenerationOptions? given, IReadOnlyList<int>? limits = null)
    {
        GenerationOptions options = given ?? model.GenerationConfig.ToOptions();
        options.Validate(prompts.Count, model);
        // As many tokens as were asked for must fit; of what is recommended there are as many as fit.
        for (int i = 0; i < prompts.Count; i++)
            SequenceCheck.Prompt(model.Config, prompts[i], limits?[i] ?? given?.MaxNewTokens ?? 1, i);
        var plan = new GenerationPlan(model, prompts, options, limits);
        if (options.MaximumCacheBytes is { } bound && prompts.Count > 0) plan.CheckCache(bound);
        return plan;
    }

    /// <summary>The responses, none with a token yet; prompt 0's samples first.</summary>
    /// <param name="streamed">Whether text is wanted with each token.</param>
    public ResponseRow[] CreateRows(bool streamed)
    {
        Tokenizer? tokenizer = _model.HasTokenizer && (streamed || Options.StopStrings.Count > 0) ? _model.Tokenizer : null;
        return [.. from prompt in Enumerable.Range(0, _prompts.Count)
                   from sample in Enumerable.Range(0, Options.SamplesPerPrompt)
                   select new ResponseRow(
                       prompt, sample, _prompts[prompt], Limit(prompt), Stream(prompt, sample),
                       tokenizer is null ? null : new ResponseText(tokenizer, Options))];
    }

    /// <summary>Responses that are computed together: prompts of similar length, and the samples of a prompt where they fit.</summary>
    public IEnumerable<ResponseRow[]> Batches(ResponseRow[] rows)
    {
        int samples = Options.SamplesPerPrompt, size = Math.Min(Options.BatchSize ?? int.MaxValue, Math.Max(1, rows.Length));
        return rows.OrderBy(row => row.PromptIds.Length).Chunk(size < samples ? size : size - size % samples);
    }

    /// <summary>The most positions that the cache of a batch has: its longest prompt, to which the others are padded, and its longest response but for the last
    /// token, which is never read.</summary>
    public static int Positions(ResponseRow[] batch) => batch.Max(row => row.PromptIds.Length) + batch.Max(row => row.Limit) - 1;

    private int Limit(int prompt) =>
        _limits?[prompt] ?? Math.Min(Options.MaxNewTokens ?? int.MaxValue, _model.Config.ContextLength - _prompts[prompt].Length);

    private ulong Stream(int prompt, int sample) => Options.PromptSeeds is { } seeds
        ? RandomUniform.Stream(seeds[prompt], 0, sample)
        : RandomUniform.Stream(Options.Seed, prompt, sample);

    /// <exception cref="ArgumentException">A batch whose responses all reach the maximum length would need more.</exception>
    private void CheckCache(long bound)
    {
        Tensor embedding = _model.Decoder.Weights.Embedding;
        long Bytes(long rows, long positions) => KeyValueCache.Bytes(_model.Config, rows, positions, embedding.ElementSize);
        (int Rows, int Positions) largest = Batches(CreateRows(streamed: false))
            .Select(batch => (batch.Length, Positions(batch)))
            .MaxBy(batch => Bytes(batch.Item1, batch.Item2));
        if (Bytes(largest.Rows, largest.Positions) is var needed && needed <= bound) return;

        int longest = _prompts.Max(prompt => prompt.Length);
        long rowsThatFit = bound / Bytes(1, largest.Positions), newThatFit = bound / Bytes(1, 1) - longest + 1;
        string advice = rowsThatFit > 0 ? Invariant($"Lower BatchSize to {rowsThatFit} or less, or lower SamplesPerPrompt or MaxNewTokens")
            : newThatFit > 0 ? Invariant($"Not even one response fits: lower MaxNewTokens to {newThatFit} or less")
            : Invariant($"The longest prompt alone, {longest} tokens, needs {Bytes(1, longest)} bytes: shorten it");
        string half = embedding.dtype == ScalarType.BFloat16 ? "" : $", or load the model as BFloat16 (it is {embedding.dtype} now)";
        throw new ArgumentException(Invariant(
            $"GenerationOptions: MaximumCacheBytes is {bound}, but the keys and values of {largest.Rows} responses, of up to {largest.Positions} tokens with their prompts, need {needed}. {advice}{half}."));
    }
}
