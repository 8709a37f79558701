using System.Runtime.CompilerServices;

namespace MLNetAttn.Modeling;

/// <summary>Lets a model answer prompts: many at once, or one as a stream. Made by <see cref="CausalLanguageModel.Generator"/>.</summary>
/// <remarks>
/// <para>Options that are null are what the model's generation_config.json recommends, <see cref="GenerationConfig.ToOptions"/>; where the context leaves less
/// than its <see cref="GenerationConfig.MaxNewTokens"/> after a prompt, a response may have what there is.</para>
/// <para>
/// What a response depends on: its prompt, the options, and its own random numbers, which are a function of its seed, its prompt's index (not with
/// <see cref="GenerationOptions.PromptSeeds"/>), its sample's index and the place of the token. Its neighbours, <see cref="GenerationOptions.BatchSize"/> and
/// rows that leave the
/// batch only matter as far as the backend rounds differently: a matrix product of other rows, or a prompt padded to another length, may change the last bits
/// of the logits
/// (relative differences of some 1e-6 with float32 weights, of some 1e-2 with bfloat16 ones). A token changes where its draw, or in greedy decoding the lead of
/// the best token, lies
/// within that difference: hardly ever in float32, now and then in bfloat16. From such a token on the responses differ. The same call on the same machine gives
/// the same bits.
/// </para>
/// <para>All members may be called from several threads at once.</para>
/// </remarks>
/// <example>
/// <code>
/// using var model = CausalLanguageModel.FromPretrained("models/smollm2");
/// TextGenerator generator = model.Generator();
/// GeneratedSequence answer = generator.Generate(["The capital of France is"], new() { MaxNewTokens = 20, StopStrings = ["\n"] })[0];
/// await foreach (string piece in generator.StreamAsync(prompt, new() { Temperature = 0.7, Seed = 7 }, cancel)) Console.Write(piece);
/// </code>
/// </example>
public sealed class TextGenerator
{
    private readonly CausalLanguageModel _model;

    internal TextGenerator(CausalLanguageModel model) => _model = model;

    /// <summary>Samples responses to a set of prompts; prompt 0's samples first.</summary>
    /// <param name="prompts">Token ids of each prompt, of any lengths; none empty.</param>
    /// <param name="options">How to sample; null = what the model recommends.</param>
    /// <param name="progress">Is told after every token, once for the whole batch.</param>
    /// <param name="cancellationToken">Ends the work between two tokens.</param>
    /// <exception cref="ArgumentException">An option is out of range or asks for what the model lacks; a prompt is empty, too long or holds an unknown id (the
    /// message names the row); or the cache would not fit into <see cref="GenerationOptions.MaximumCacheBytes"/>.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities; the message names the row.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public IReadOnlyList<GeneratedSequence> Generate(
        IReadOnlyList<int[]> prompts,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Generate(Plan(prompts, options), progress, cancellationToken);

    /// <summary>Samples responses of which each has a length of its own; prompt 0's samples first.</summary>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="limits">The most tokens that each prompt's responses may have, at least 1.</param>
    /// <param name="options">How to sample.</param>
    /// <param name="cancellationToken">Ends the work between two tokens.</param>
    /// <inheritdoc cref="Generate(IReadOnlyList{int[]}, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)" path="/exception"/>
    internal IReadOnlyList<GeneratedSequence> Generate(
        IReadOnlyList<int[]> prompts, IReadOnlyList<int> limits, GenerationOptions options, CancellationToken cancellationToken) =>
        Generate(Plan(prompts, options, limits), progress: null, cancellationToken);

    private IReadOnlyList<GeneratedSequence> Generate(GenerationPlan plan, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        ResponseRow[] rows = plan.CreateRows(streamed: false);
        foreach (ResponseRow[] batch in plan.Batches(rows))
        {
            using SequenceGenerator generator = Start(plan, batch);
            for (bool more = true; more;)
            {
                more = Step(generator, cancellationToken);
                progress?.Report(new GenerationProgress(rows.Count(row => row.Finish is not null), rows.Length, rows.Sum(row => (long)row.Length)));
            }
        }
        Tokenizer? tokenizer = _model.HasTokenizer ? _model.Tokenizer : null;
        return [.. rows.Select(row => row.ToSequence(tokenizer))];
    }

    /// <summary>Samples responses to a set of prompts given as text; prompt 0's samples first.</summary>
    /// <param name="prompts">The prompts; <see cref="GenerationOptions.AddSpecialTokens"/> says how they are encoded.</param>
    /// <param name="options">How to sample; null = what the model recommends.</param>
    /// <param name="progress">Is told after every token, once for the whole batch.</param>
    /// <param name="cancellationToken">Ends the work between two tokens.</param>
    /// <inheritdoc cref="Generate(IReadOnlyList{int[]}, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)" path="/exception"/>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public IReadOnlyList<GeneratedSequence> Generate(
        IReadOnlyList<string> prompts,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Generate([.. prompts.Select(prompt => Encode(prompt, options))], options, progress, cancellationToken);

    /// <summary>Samples one response as a stream of text: whole characters, without special tokens, as soon as no stop string can begin in them.</summary>
    /// <remarks>As for <see cref="StreamTokensAsync(int[], GenerationOptions?, CancellationToken)"/>.</remarks>
    /// <param name="promptIds">The prompt, as token ids.</param>
    /// <param name="options">How to sample; null = what the model recommends. <see cref="GenerationOptions.SamplesPerPrompt"/> must be 1.</param>
    /// <param name="cancellationToken">Ends the stream between two tokens.</param>
    /// <inheritdoc cref="StreamTokensAsync(int[], GenerationOptions?, CancellationToken)" path="/exception"/>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    /// <returns>Pieces, none of them empty; joined, the response's text.</returns>
    public IAsyncEnumerable<string> StreamAsync(int[] promptIds, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        _ = _model.Tokenizer;
        return Texts(StreamTokensAsync(promptIds, options, cancellationToken), cancellationToken);
    }

    /// <summary>The same for a prompt given as text.</summary>
    /// <param name="prompt">The prompt; <see cref="GenerationOptions.AddSpecialTokens"/> says how it is encoded.</param>
    /// <param name="options">How to sample; null = what the model recommends. <see cref="GenerationOptions.SamplesPerPrompt"/> must be 1.</param>
    /// <param name="cancellationToken">Ends the stream between two tokens.</param>
    /// <inheritdoc cref="StreamAsync(int[], GenerationOptions?, CancellationToken)" path="/exception"/>
    /// <returns>Pieces, none of them empty; joined, the response's text.</returns>
    public IAsyncEnumerable<string> StreamAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(Encode(prompt, options), options, cancellationToken);

    /// <summary>Samples one response as a stream of tokens, each with the text that it makes certain.</summary>
    /// <remarks>
    /// A token is computed, on the thread pool, when it is asked for. So a slow consumer loses nothing, and one that cancels or leaves the loop has freed
    /// everything when the enumerator is disposed,
    /// as <c>await foreach</c> does. Each enumeration begins anew, with the same random numbers. Byte-fallback tokens that are no UTF-8 may show as other text
    /// than in
    /// <see cref="GeneratedSequence.Text"/>, see <see cref="StreamingDecoder"/>.
    /// </remarks>
    /// <param name="promptIds">The prompt, as token ids.</param>
    /// <param name="options">How to sample; null = what the model recommends. <see cref="GenerationOptions.SamplesPerPrompt"/> must be 1.</param>
    /// <param name="cancellationToken">Ends the stream between two tokens.</param>
    /// <exception cref="ArgumentException">An option is out of range or asks for what the model lacks; the prompt is empty, too long or holds an unknown id; or
    /// the cache would not fit into
    /// <see cref="GenerationOptions.MaximumCacheBytes"/>. Thrown by the call itself.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities. Thrown while enumerating.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled. Thrown while enumerating.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public IAsyncEnumerable<GeneratedToken> StreamTokensAsync(int[] promptIds, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        GenerationPlan plan = Plan([promptIds], options);
        if (plan.Options.SamplesPerPrompt != 1)
            throw new ArgumentException(
                $"GenerationOptions: SamplesPerPrompt is {plan.Options.SamplesPerPrompt}, expected 1: a stream has one response.", nameof(options));
        return Tokens(plan, cancellationToken);
    }

    /// <summary>The same for a prompt given as text.</summary>
    /// <param name="prompt">The prompt; <see cref="GenerationOptions.AddSpecialTokens"/> says how it is encoded.</param>
    /// <param name="options">How to sample; null = what the model recommends. <see cref="GenerationOptions.SamplesPerPrompt"/> must be 1.</param>
    /// <param name="cancellationToken">Ends the stream between two tokens.</param>
    /// <inheritdoc cref="StreamTokensAsync(int[], GenerationOptions?, CancellationToken)" path="/exception"/>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public IAsyncEnumerable<GeneratedToken> StreamTokensAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamTokensAsync(Encode(prompt, options), options, cancellationToken);

    // Dispose scopes belong to a thread: none is open across an await, and a step detaches what the next one needs.
    private async IAsyncEnumerable<GeneratedToken> Tokens(GenerationPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ResponseRow[] rows = plan.CreateRows(streamed: true);
        using SequenceGenerator generator = Start(plan, rows);
        for (bool more = true; more;)
        {
            more = await Task.Run(() => Step(generator, cancellationToken), cancellationToken).ConfigureAwait(false);
            yield return rows[0].Latest;
        }
    }

    private static async IAsyncEnumerable<string> Texts(IAsyncEnumerable<GeneratedToken> tokens, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (GeneratedToken token in tokens.WithCancellation(cancellationToken).ConfigureAwait(false))
            if (token.Text.Length > 0) yield return token.Text;
    }

    private GenerationPlan Plan(IReadOnlyList<int[]> prompts, GenerationOptions? options, IReadOnlyList<int>? limits = null)
    {
        ObjectDisposedException.ThrowIf(_model.IsDisposed, _model);
        return GenerationPlan.Create(_model, prompts, options, limits);
    }

    private SequenceGenerator Start(GenerationPlan plan, ResponseRow[] rows) => new(_model.Decoder, rows, plan.Options, plan.StopTokens);

    private bool Step(SequenceGenerator generator, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_model.IsDisposed, _model);
        return generator.Step();
    }

    private int[] Encode(string prompt, GenerationOptions? options) => _model.Tokenizer.Encode(prompt, options?.AddSpecialTokens ?? true);
}
