using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Lets a model answer problems and says how many answers are right: pass@1, avg@k, pass@k, with intervals.</summary>
/// <example>
/// <code>
/// IDataView problems = mlContext.Data.LoadFromEnumerable(Countdown.Generate(512, seed: 1, split: CountdownSplit.Test));
/// EvaluationResult result = Evaluation.Run(mlContext, model, problems, mlContext.Transforms.CountdownReward(), new()
/// {
///     Generation = new() { Temperature = 1, SamplesPerPrompt = 8 },
///     CachePath = "responses.jsonl",
/// });
/// Console.WriteLine(result);
/// </code>
/// </example>
public static class Evaluation
{
    /// <summary>Evaluates a model with a reward that is an ML.NET estimator.</summary>
    /// <param name="context">ML.NET's context.</param>
    /// <param name="model">The model.</param>
    /// <param name="problems">Rows with prompts and whatever columns the reward reads.</param>
    /// <param name="reward">Reads Response, ResponseTokenIds and the problems' columns; writes the reward. It is fitted on the answered problems.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work between two tokens; finished batches stay in the file.</param>
    /// <exception cref="ArgumentException">An option is out of range, a prompt cannot be answered, there is no problem, or the reward writes no such column,
    /// or one of another type; all of it is found out before anything is generated.</exception>
    /// <exception cref="InvalidOperationException">The reward failed on a response; the message names it.</exception>
    /// <exception cref="InvalidDataException">The file of responses is another file.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static EvaluationResult Run(
        MLContext context, CausalLanguageModel model, IDataView problems, IEstimator<ITransformer> reward,
        EvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new EvaluationOptions();
        options.Validate(model);
        IHost host = Host(context);
        RewardFunction.From(reward, new WeightedColumns([options.RewardColumnName], [1])).Check(host, Answered(host, model, problems, [], options).Schema);
        return Run(context, model, problems, answered => Read(host, reward.Fit(answered).Transform(answered), options), options, cancellationToken);
    }

    /// <summary>Evaluates a model with a reward that is a function.</summary>
    /// <param name="context">ML.NET's context.</param>
    /// <param name="model">The model.</param>
    /// <param name="problems">Rows with prompts and whatever columns the reward reads.</param>
    /// <param name="reward">From the answered problems, a view with the columns PromptIndex, SampleIndex, Response, ResponseTokenIds and FinishReason added,
    /// the reward of each row; NaN = none.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work between two tokens; finished batches stay in the file.</param>
    /// <inheritdoc cref="Run(MLContext, CausalLanguageModel, IDataView, IEstimator{ITransformer}, EvaluationOptions?, CancellationToken)" path="/exception"/>
    public static EvaluationResult Run(
        MLContext context, CausalLanguageModel model, IDataView problems, Func<IDataView, IEnumerable<float>> reward,
        EvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new EvaluationOptions();
        options.Validate(model);
        IHost host = Host(context);
        CachedResponse[][] responses = Answer(host, model, problems, options, cancellationToken);
        if (responses.Length == 0) throw host.Process(new ArgumentException("There are no problems to evaluate.", nameof(problems)));
        float[] rewards = [.. reward(Answered(host, model, problems, responses, options))];
        return rewards.Length == responses.Length * options.Generation.SamplesPerPrompt
            ? new EvaluationResult([.. rewards.Chunk(options.Generation.SamplesPerPrompt)], options)
            {
                ClippedRatio = responses.SelectMany(samples => samples).Average(response => response.FinishReason == FinishReason.Length ? 1.0 : 0.0),
            }
            : throw host.Process(new ArgumentException(
                $"The reward gave {rewards.Length} values for {responses.Length} problems with {options.Generation.SamplesPerPrompt} samples each, expected one for each.",
                nameof(reward)));
    }

    private static IHost Host(MLContext context) => MLNetInternals.GetEnvironment(context.Transforms).Register(nameof(Evaluation));

    /// <summary>The reward of each response.</summary>
    private static float[] Read(IHost host, IDataView scored, EvaluationOptions options)
    {
        var rewards = new List<float>();
        // A set of one: a plain cursor of ML.NET's mappers runs rows on pool threads, which a reward may not be made for, and hides which of them failed.
        using DataViewRowCursor cursor = scored.GetRowCursorSet([scored.Schema[options.RewardColumnName]], 1).Single();
        Func<float> read = cursor.Scalar<float>(scored.Schema[options.RewardColumnName]);
        try
        {
            while (cursor.MoveNext()) rewards.Add(read());
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            (int problem, int sample) = Math.DivRem(rewards.Count, options.Generation.SamplesPerPrompt);
            throw host.Process(new InvalidOperationException(
                $"The reward failed on response {sample} to the prompt of row {problem}: {exception.Message.TrimEnd('.')}.", exception));
        }
        return [.. rewards];
    }

    private static CachedResponse[][] Answer(
        IHost host, CausalLanguageModel model, IDataView problems, EvaluationOptions options, CancellationToken cancellation)
    {
        TextGenerationEstimator.WarnOfEqualSamples(host, options.Generation);
        int[][] prompts = ReadPrompts(host, model, problems, options);
        var cache = new ResponseCache(options.CachePath);
        // What responses depend on is nobody's question where they are not kept, and a model's fingerprint takes a while.
        string[] keys = [.. prompts.Select((prompt, problem) => options.CachePath is null
            ? problem.ToString(CultureInfo.InvariantCulture)
            : ResponseCache.Key(model, options.Generation, problem, prompt))];
        int[] missing = [.. Enumerable.Range(0, prompts.Length).Where(problem => cache.Find(keys[problem]) is null)];
        int done = prompts.Length - missing.Length;
        foreach (int[] batch in missing.Chunk(options.BatchSize))
        {
            GenerationOptions generation = options.Generation with
            {
                PromptSeeds =
                [
                    .. batch.Select(problem => (long)RandomUniform.Combine((ulong)options.Generation.Seed, (ulong)problem)),
                ],
            };
            IReadOnlyList<GeneratedSequence> sequences = model.Generate([.. batch.Select(problem => prompts[problem])], generation, cancellation);
            cache.Add([.. sequences.GroupBy(sequence => sequence.PromptIndex).Select(group => (keys[batch[group.Key]], batch[group.Key],
                group.Select(it => new CachedResponse(it.Text ?? string.Join(' ', it.TokenIds), it.TokenIds, it.FinishReason)).ToArray()))]);
            options.Progress?.Report(done += batch.Length);
        }
        return [.. keys.Select(key => cache.Find(key)!)];
    }

    private static int[][] ReadPrompts(IHost host, CausalLanguageModel model, IDataView problems, EvaluationOptions options)
    {
        PromptReader reader = options.Prompts;
        DataViewSchema.Column column = reader.Input.Find(host, problems.Schema);
        reader.Require(host, model, isText: column.Type is TextDataViewType);
        var notes = new TextNotes(host, model);
        var prompts = new List<int[]>();
        using DataViewRowCursor cursor = problems.GetRowCursor([column]);
        for (Func<int[]> read = reader.Open(cursor, column, model, notes: notes); cursor.MoveNext();)
        {
            prompts.Add(read());
            SequenceCheck.Prompt(model.Config, prompts[^1], options.Generation.MaxNewTokens ?? 1, prompts.Count - 1);
        }
        notes.WarnOfUnknown(prompts.Count, "prompts");
        return [.. prompts];
    }

    /// <summary>The problems' rows, each as often as it has responses, with these.</summary>
    private static BatchDataView Answered(
        IHost host, CausalLanguageModel model, IDataView problems, CachedResponse[][] responses, EvaluationOptions options)
    {
        var repeated = new RepeatedDataView(host, problems, new Repetition(options.Generation.SamplesPerPrompt, "PromptIndex", "SampleIndex"));
        DataViewSchema.Column prompt = repeated.Schema["PromptIndex"], sample = repeated.Schema["SampleIndex"];
        OutputColumn<CachedResponse>[] outputs =
        [
            OutputColumn.Text(
                "Response",
                (CachedResponse response) => response.Text,
                LanguageModelAnnotation.OfTokenIds("ResponseTokenIds", options.Prompts, model)),
            OutputColumn.Vector("ResponseTokenIds", NumberDataViewType.Int32, (CachedResponse response) => response.TokenIds),
            OutputColumn.Text("FinishReason", (CachedResponse response) => response.FinishReason.ToString()),
        ];
        var mapper = new BatchMapper<CachedResponse, CachedResponse>(host, repeated.Schema, [prompt, sample], Open, rows => rows, outputs);
        return new BatchDataView(host, repeated, mapper, new BatchPolicy(1), () => { });

        Func<CachedResponse> Open(DataViewRow row)
        {
            Func<long> ofPrompt = row.Scalar<long>(prompt);
            Func<int> ofSample = row.Scalar<int>(sample);
            return () => responses[ofPrompt()][ofSample()];
        }
    }
}
