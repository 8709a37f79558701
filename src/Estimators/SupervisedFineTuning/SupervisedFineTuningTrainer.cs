using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Fine-tunes a language model on responses: cross-entropy on the response tokens alone, averaged over those of a batch (TRL's SFTTrainer with
/// completion_only_loss).</summary>
public sealed class SupervisedFineTuningTrainer : IEstimator<PolicyTransformer>
{
    private readonly IHost _host;
    private readonly CausalLanguageModel _model;
    private readonly SupervisedFineTuningOptions _options;

    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The model to start from; Fit works on a copy.</param>
    /// <param name="options">How to train; null = the defaults.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names all of them.</exception>
    public SupervisedFineTuningTrainer(IHostEnvironment environment, CausalLanguageModel model, SupervisedFineTuningOptions? options = null)
    {
        (_host, _model, _options) = (environment.Register(nameof(SupervisedFineTuningTrainer)), model, options ?? new SupervisedFineTuningOptions());
        _options.Validate(model);
    }

    /// <summary>Trains a copy of the model on the rows.</summary>
    /// <remarks>Where the token that is appended to responses as text (<see cref="SupervisedFineTuningOptions.AppendEndOfSequence"/>) is none of those at which
    /// the model stops, the trained one stops at it too (its generation_config.json names it), as transformers aligns the two; a warning says so.</remarks>
    /// <param name="input">Prompts and responses, each text or vectors of token ids.</param>
    /// <returns>The trained policy, which owns its model: dispose it. Where training was cancelled, as its last complete step left it; with
    /// <see cref="TrainingOptions.KeepBest"/> the best that was evaluated.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, there are no rows, or a row does not fit the model; the message names
    /// it.</exception>
    /// <exception cref="InvalidOperationException">A column is text and the model has no tokenizer, no chat template for conversations, or no token that ends a
    /// response; EvaluateEvery and validation rows do not go together; or the folder holds another run.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled while rows were read: nothing is trained or changed, nor is a run in the
    /// folder.</exception>
    /// <exception cref="NotSupportedException">All weights are to be trained, and they are not float32.</exception>
    /// <exception cref="NotFiniteNumberException">The loss or its gradient became NaN or infinite.</exception>
    /// <exception cref="InsufficientMemoryException">Memory ran out; the message says what to lower.</exception>
    /// <exception cref="IOException">Another run has the folder, or it cannot be written.</exception>
    /// <exception cref="InvalidDataException">A checkpoint in the folder is damaged; the message names the file.</exception>
    public PolicyTransformer Fit(IDataView input) => Fit(input, validation: null);

    /// <summary>Trains a copy of the model on the rows and evaluates it on others, as <see cref="TrainingOptions.EvaluateEvery"/> says: eval_loss, eval_entropy
    /// and eval_mean_token_accuracy.</summary>
    /// <param name="input">Prompts and responses, each text or vectors of token ids.</param>
    /// <param name="validation">The same columns; null = none.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public PolicyTransformer Fit(IDataView input, IDataView? validation)
    {
        var cancellation = new RunCancellation(_host, _options.CancellationToken);
        DateTimeOffset started = RunIdentity.Start(_options);
        PromptReader prompts = _options.Prompts.At(started);
        (TokenSequence[] rows, int? end) = Read(input, prompts, cancellation);
        TokenSequence[]? judged =
            validation is null ? null : ValidationRows.Named(_host, () => Read(validation, prompts, cancellation, "validation rows").Rows);
        using CausalLanguageModel? aligned = end is { } id && ForeignEnd.Of(_model, id) is { } foreign ? Align(id, foreign) : null;
        var plan = new TrainingPlan(
            nameof(SupervisedFineTuningTrainer), started, _options.Steps ?? Steps(_options.Batches(rows.Length)), UpdatesPerStep: 1,
            () => DataFingerprint.Of(rows), judged is null ? null : () => DataFingerprint.Of(judged),
            Goal: "eval_loss", HigherIsBetter: false,
            MemoryAdvice(rows),
            "Give fewer or shorter validation rows.");
        CausalLanguageModel trained = TrainingLoop.Run(
            _host, aligned ?? _model, _options, plan, (policy, _) => new SupervisedFineTuningStep(policy, rows, judged, _options, cancellation));
        // Every prompt must leave room for as many tokens as are asked for.
        int longest = rows.Max(row => row.ResponseIds.Length), prompt = rows.Concat(judged ?? []).Max(row => row.PromptIds.Length);
        int? limit = prompt + longest <= _model.Config.ContextLength ? longest : null;
        return new PolicyTransformer(_host, LanguageModelHandle.Own(trained), Responses(limit));
    }

    private int Steps(int batches) => (long)_options.Epochs * batches is <= int.MaxValue and long steps
        ? (int)steps
        : throw _host.Process(new InvalidOperationException(FormattableString.Invariant(
            $"Epochs is {_options.Epochs}, and an epoch of these rows has {batches} batches: expected at most {int.MaxValue} steps in all. Lower Epochs, or set Steps.")));

    /// <summary>What Fit's policy will do to data of this shape.</summary>
    /// <param name="inputSchema">What is known of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidOperationException">A column is text and the model has no tokenizer, or no chat template for conversations.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        SchemaShape policy = new TextGenerationEstimator(_host, _model, Responses(longest: null)).GetOutputSchema(inputSchema);
        SchemaShape.Column response = Response.Find(_host, inputSchema);
        TokenIds.RequireTokenizer(_host, _model, response.Name, isText: response.Kind == SchemaShape.Column.VectorKind.Scalar);
        return policy;
    }

    private InputColumn Response => InputColumn.TextOrTokenIds(_options.ResponseColumnName);

    /// <summary>How the fine-tuned policy answers.</summary>
    /// <param name="longest">The most tokens of a response where that is not said; null = as many as the context leaves.</param>
    private TextGenerationOptions Responses(int? longest) => new()
    {
        PromptColumnName = _options.PromptColumnName,
        PromptFormat = _options.PromptFormat,
        Generation = _options.Generation ?? new GenerationOptions { MaxNewTokens = longest, Seed = _options.Seed },
    };

    private string MemoryAdvice(TokenSequence[] rows)
    {
        bool mayHaveParts = _options.RowsAtOnce > 1, resumes = _options.HasFreeParts(_model);
        string parts = $"GradientAccumulationSteps ({_options.GradientAccumulationSteps})";
        string?[] now = [_options.ActivationCheckpointing ? null : "set ActivationCheckpointing", mayHaveParts && resumes ? $"raise {parts}" : null];
        string first = string.Join(" or ", now.OfType<string>());
        string anew = $"begin anew with {(mayHaveParts && !resumes ? $"more {parts}, or " : "")}a lower BatchSize ({_options.BatchSize}) or shorter rows (the longest has {rows.Max(row => row.Length)} tokens).";
        string advice = first.Length > 0 ? $"{first}, with which this run can be resumed; or {anew}" : anew;
        return char.ToUpperInvariant(advice[0]) + advice[1..];
    }

    /// <summary>The model, and that it stops at the token that training ends responses with, as transformers aligns the two.</summary>
    private CausalLanguageModel Align(int end, string foreign)
    {
        Warn("Training ends responses with {0}: the trained policy stops at it too.", foreign);
        return _model.EndingAt(end);
    }

    /// <summary>The rows, and the token that was appended to responses; null = none was.</summary>
    private (TokenSequence[] Rows, int? End) Read(IDataView input, PromptReader prompts, RunCancellation cancellation, string what = "rows")
    {
        (DataViewSchema.Column prompt, DataViewSchema.Column response) = Find(input.Schema);
        int? end = EndOfSequence(response);
        var rows = new List<TokenSequence>();
        var crowded = new List<int>();
        var notes = new TextNotes(_host, _model);
        int cut = 0;
        using DataViewRowCursor cursor = input.GetRowCursor([prompt, response]);
        Func<int[]> readPrompt = prompts.Open(cursor, prompt, _model, notes: notes),
            readResponse = TokenIds.Reader(cursor, response, _model, addSpecialTokens: false, notes: notes);
        for (int index = 0; cursor.MoveNext(); index++)
        {
            cancellation.ThrowIfRequested();
            int[] tokens = readResponse();
            var whole = new TokenSequence(readPrompt(), end is { } last && tokens.LastOrDefault(-1) != last ? [.. tokens, last] : tokens);
            if (_options.MaxLength <= whole.PromptIds.Length)
            {
                crowded.Add(index);
                continue;
            }
            if (_options.MaxLength is null && whole.Length > _model.Config.ContextLength)
                throw _host.Process(new ArgumentException(
                    $"Row {index}: prompt ({whole.PromptIds.Length} tokens) and response ({whole.ResponseIds.Length}) exceed the model's context of {_model.Config.ContextLength}. Set MaxLength to cut rows, or shorten one of them."));
            TokenSequence row = whole.Length > _options.MaxLength
                ? new TokenSequence(whole.PromptIds, whole.ResponseIds[..(_options.MaxLength.Value - whole.PromptIds.Length)])
                : whole;
            SequenceCheck.Sequence(_model.Config, row, index);
            rows.Add(row);
            if (row.Length < whole.Length) cut++;
        }
        if (crowded.Count > 0)
            throw _host.Process(new ArgumentException(
                $"The prompts of {crowded.Count} {what} leave no room for a response within MaxLength ({_options.MaxLength}), counted from 0: {string.Join(", ", crowded.Take(5))}{(crowded.Count > 5 ? ", …" : "")}. Raise MaxLength, or shorten them or leave them out."));
        if (rows.Count == 0)
            throw _host.Process(new ArgumentException("The data has no rows, expected at least one prompt with its response.", nameof(input)));
        notes.WarnOfUnknown(rows.Count, what);
        if (cut > 0) Warn("The responses of {0} of {1} {2} were cut at MaxLength ({3} tokens with their prompts).", cut, rows.Count, what, _options.MaxLength!);
        return ([.. rows], end);
    }

    private void Warn(string message, params object[] values)
    {
        using IChannel channel = _host.Start("Training");
        channel.Warning(MessageSensitivity.None, message, values);
    }

    private (DataViewSchema.Column Prompt, DataViewSchema.Column Response) Find(DataViewSchema schema)
    {
        DataViewSchema.Column prompt = _options.Prompts.Input.Find(_host, schema),
            response = TokenIds.Resolve(_host, _model, schema, Response.Find(_host, schema));
        _options.Prompts.Require(_host, _model, isText: prompt.Type is TextDataViewType);
        TokenIds.RequireTokenizer(_host, _model, response.Name, isText: response.Type is TextDataViewType);
        return (prompt, response);
    }

    /// <summary>The token that is appended to responses; null = none is.</summary>
    private int? EndOfSequence(DataViewSchema.Column response) =>
        response.Type is VectorDataViewType || !_options.AppendEndOfSequence ? null : EndOfSequence();

    /// <summary>The token that ends a response, as TRL appends it: the tokenizer's eos_token; where it names none, the first of the model's.</summary>
    private int EndOfSequence() =>
        (_model.HasTokenizer ? _model.Tokenizer.EosTokenId : null)
        ?? (_model.GenerationConfig.EosTokenIds is [int first, ..]
            ? first
            : throw _host.Process(new InvalidOperationException(
                "Neither the tokenizer nor the model's configuration names an end-of-sequence token to append to responses. Set eos_token in tokenizer_config.json or eos_token_id in config.json, or AppendEndOfSequence to false.")));
}
