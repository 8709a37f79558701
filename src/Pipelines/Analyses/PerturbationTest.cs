using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Pipelines;

/// <summary>The perturbation test (Table 1 and Eq. 11 of arXiv 2510.13554): force other tokens where FAI is high and where it is low, let the model go on
/// greedily, and compare what the two continuations say.</summary>
public static class PerturbationTest
{
    /// <summary>Runs the test on the rows of a view.</summary>
    /// <param name="context">ML.NET's context, whose log is warned where the tokens that were sampled are gone.</param>
    /// <param name="model">The model that wrote the responses; it needs a tokenizer.</param>
    /// <param name="view">Rows with prompts and responses, as <c>GenerateText</c> writes them.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="promptColumnName">The prompt: text, or token ids as a vector of Int32.</param>
    /// <param name="responseColumnName">The response: text, or token ids as a vector of Int32.</param>
    /// <param name="promptFormat">What text of the prompt column says: the prompt itself, or a conversation as JSON. Null = as when the response was written,
    /// where its column says so, else the prompt itself.</param>
    /// <param name="progress">Is told how many responses are done.</param>
    /// <param name="cancellationToken">Ends the work between two tokens, and, while rows are read, between two of them.</param>
    /// <inheritdoc cref="Run(CausalLanguageModel, IReadOnlyList{TokenSequence}, PerturbationOptions?, IProgress{int}?, CancellationToken)" path="/exception"/>
    public static PerturbationResult Run(
        MLContext context, CausalLanguageModel model, IDataView view, PerturbationOptions? options = null,
        string promptColumnName = "Prompt", string responseColumnName = "Response", PromptFormat? promptFormat = null,
        IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        var columns = new AttentionRhythmOptions { PromptColumnName = promptColumnName, ResponseColumnName = responseColumnName, PromptFormat = promptFormat };
        columns.Validate();
        var reader = new SequenceReader(MLNetInternals.GetEnvironment(context.Transforms).Register(nameof(PerturbationTest)), model, view.Schema, columns);
        var sequences = new List<TokenSequence>();
        using (DataViewRowCursor cursor = view.GetRowCursor(reader.Columns))
        {
            for (Func<TokenSequence> read = reader.Open(cursor); cursor.MoveNext();)
            {
                cancellationToken.ThrowIfCancellationRequested();
                sequences.Add(read());
            }
        }
        return Run(model, sequences, options, progress, cancellationToken);
    }

    /// <summary>Runs the test on responses.</summary>
    /// <param name="model">The model that wrote the responses; it needs a tokenizer.</param>
    /// <param name="responses">Prompts and responses. Those with fewer tokens of a defined FAI than high and low positions together are skipped and
    /// counted.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="progress">Is told how many responses are done.</param>
    /// <param name="cancellationToken">Ends the work between two tokens.</param>
    /// <exception cref="ArgumentException">An option is out of range, or all responses are too short.</exception>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static PerturbationResult Run(
        CausalLanguageModel model, IReadOnlyList<TokenSequence> responses, PerturbationOptions? options = null,
        IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new PerturbationOptions();
        options.Validate();
        _ = model.Tokenizer;
        RhythmOptions rhythm = options.Rhythm ?? new RhythmOptions { MaximumHorizon = null };
        var perturbed = new List<PerturbedResponse>();
        for (int i = 0; i < responses.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (responses[i].ResponseIds.Length > 0)
            {
                double[] fai = Array.ConvertAll(model.AnalyzeRhythm([responses[i]], rhythm)[0].Fai, value => (double)value);
                int defined = fai.Count(value => !double.IsNaN(value));
                if (defined >= 2 * options.Positions)
                {
                    double share = (double)options.Positions / defined;
                    int[] high = TokenRanking.Top(fai, share), low = TokenRanking.Top(fai, share, bottom: true);
                    PerturbationTrial[] trials = Try(model, responses[i], [.. high, .. low], options, cancellationToken);
                    perturbed.Add(new PerturbedResponse(i, trials[..(high.Length * options.Candidates)], trials[(high.Length * options.Candidates)..]));
                }
            }
            progress?.Report(i + 1);
        }
        return perturbed.Count > 0
            ? new PerturbationResult(perturbed, responses.Count - perturbed.Count, options)
            : throw new ArgumentException(
                $"None of the {responses.Count} responses has {2 * options.Positions} tokens with a defined FAI. Give longer ones, or fewer Positions.",
                nameof(responses));
    }

    private static PerturbationTrial[] Try(
        CausalLanguageModel model, TokenSequence sequence, int[] positions, PerturbationOptions options, CancellationToken cancellation)
    {
        int[] response = sequence.ResponseIds;
        (int Position, int[] Tokens)[] forced = [.. positions.Zip(Candidates(model, sequence, positions, options))];
        (int Position, int Token)[] open = [.. forced
            .Where(at => Left(at.Position) > 0)
            .SelectMany(at => at.Tokens, (at, token) => (at.Position, token))];      // behind the last token nothing follows
        var continuations = new Queue<int[]>(model.Generator().Generate(
            [.. open.Select(trial => (int[])[.. sequence.PromptIds, .. response[..trial.Position], trial.Token])],
            [.. open.Select(trial => Left(trial.Position))],
            new GenerationOptions { Temperature = 0, BatchSize = options.BatchSize },
            cancellation).Select(generated => generated.TokenIds));
        var trials = new List<PerturbationTrial>();
        foreach ((int position, int[] tokens) in forced)
        {
            IReadOnlySet<string> original = Words(response[(position + 1)..]);
            foreach (int token in tokens)
            {
                int[] continuation = Left(position) > 0 ? continuations.Dequeue() : [];
                trials.Add(new PerturbationTrial(position, token, continuation, ContentWords.Jaccard(original, Words(continuation))));
            }
        }
        return [.. trials];

        int Left(int position) => response.Length - position - 1;

        IReadOnlySet<string> Words(int[] ids) => ContentWords.Of(model.Tokenizer.Decode(ids, skipSpecialTokens: true), options.FunctionWords);
    }

    /// <summary>The tokens of the highest logits at each position, the highest first.</summary>
    private static int[][] Candidates(CausalLanguageModel model, TokenSequence sequence, int[] positions, PerturbationOptions options)
    {
        int[] response = sequence.ResponseIds;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        long[] ids = [.. sequence.PromptIds.Concat(response).Select(id => (long)id)],
            before = [.. positions.Select(position => (long)(sequence.PromptIds.Length + position - 1))];
        Tensor hidden = model.Decoder.Forward(tensor(ids, [1, ids.Length], device: model.Device)).select(0, 0);                           // [T, d]
        Tensor logits = model.Decoder.Logits(hidden.index_select(0, tensor(before, device: model.Device)));                                // [positions, V]
        int asked = Math.Min(options.Candidates + (options.IncludeOriginal ? 0 : 1), model.Config.VocabularySize);
        long[] best = [.. logits.topk(asked).indexes.cpu().contiguous().data<long>()];
        return [.. positions.Select((position, i) => best.AsSpan(i * asked, asked).ToArray().Select(id => (int)id)
            .Where(id => options.IncludeOriginal || id != response[position]).Take(options.Candidates).ToArray())];
    }
}
