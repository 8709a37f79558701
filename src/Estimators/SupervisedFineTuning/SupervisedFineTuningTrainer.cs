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
    private static readonly string[] Logged = ["loss", "entropy", "grad_norm", "learning_rate", "epoch"];

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
    /// <param name="input">Prompts and responses, each text or vectors of token ids.</param>
    /// <returns>The trained policy, which owns its model: dispose it. Where training was cancelled, as its last complete step left it; with
    /// <see cref="TrainingOptions.KeepBest"/> the best that was evaluated.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, there are no rows, or a row does not fit the model; the message names
    /// it.</exception>
    /// <exception cref="InvalidOperationException">A column is text and the model has no tokenizer, or no token that ends a response; EvaluateEvery and
    /// validation rows do not go together; or the folder holds another run.</exception>
    /// <exception cref="NotSupportedException">All weights are to be trained, and they are not float32.</exception>
    /// <exception cref="NotFiniteNumberException">The loss or its gradient became NaN or infinite.</exception>
    /// <exception cref="InsufficientMemoryException">Memory ran out; the message says what to lower.</exception>
    /// <exception cref="IOException">Another run has the folder, or it cannot be written.</exception>
    /// <exception cref="InvalidDataException">A checkpoint in the folder is damaged; the message names the file.</exception>
    public PolicyTransformer Fit(IDataView input) => Fit(input, validation: null);

    /// <summary>Trains a copy of the model on the rows and evaluates it on others, as <see cref="TrainingOptions.EvaluateEvery"/> says: eval_loss and
    /// eval_entropy.</summary>
    /// <param name="input">Prompts and responses, each text or vectors of token ids.</param>
    /// <param name="validation">The same columns; null = none.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public PolicyTransformer Fit(IDataView input, IDataView? validation)
    {
        TokenSequence[] rows = Read(input);
        TokenSequence[]? judged = validation is null ? null : ValidationRows.Named(_host, () => Read(validation));
        int batches = _options.Batches(rows.Length);
        var plan = new TrainingPlan(
            nameof(SupervisedFineTuningTrainer), _options.Steps ?? Steps(batches), UpdatesPerStep: 1, Logged,
            () => DataFingerprint.Of(rows), judged is null ? null : () => DataFingerprint.Of(judged),
            Goal: "eval_loss", HigherIsBetter: false,
            $"{(_options.ActivationCheckpointing ? "Begin" : "Set ActivationCheckpointing, with which this run can be resumed; or begin")} anew with a lower BatchSize ({_options.BatchSize}) or shorter rows (the longest has {rows.Max(row => row.Length)} tokens).",
            "Give fewer or shorter validation rows.");
        CausalLanguageModel trained = TrainingLoop.Run(
            _host, _model, _options, plan, (policy, _) => new SupervisedFineTuningStep(policy, rows, judged, _options));
        return new PolicyTransformer(_host, LanguageModelHandle.Own(trained), Responses(rows.Max(row => row.ResponseIds.Length)));
    }

    private int Steps(int batches) => (long)_options.Epochs * batches is <= int.MaxValue and long steps
        ? (int)steps
        : throw _host.Process(new InvalidOperationException(FormattableString.Invariant(
            $"Epochs is {_options.Epochs}, and an epoch of these rows has {batches} batches: expected at most {int.MaxValue} steps in all. Lower Epochs, or set Steps.")));

    /// <summary>What Fit's policy will do to data of this shape.</summary>
    /// <param name="inputSchema">What is known of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
        new TextGenerationEstimator(_host, _model, Responses(longest: 1)).GetOutputSchema(inputSchema);

    /// <summary>How the fine-tuned policy answers.</summary>
    private TextGenerationOptions Responses(int longest) => new()
    {
        PromptColumnName = _options.PromptColumnName,
        Generation = _options.Generation ?? new GenerationOptions { MaxNewTokens = longest, Seed = _options.Seed },
    };

    private TokenSequence[] Read(IDataView input)
    {
        DataViewSchema.Column prompt = Find(input.Schema, _options.PromptColumnName), response = Find(input.Schema, _options.ResponseColumnName);
        int? end = response.Type is VectorDataViewType || !_options.AppendEndOfSequence ? null : EndOfSequence();
        var rows = new List<TokenSequence>();
        using DataViewRowCursor cursor = input.GetRowCursor([prompt, response]);
        Func<int[]> readPrompt = TokenIds.Reader(cursor, prompt, _model, addSpecialTokens: true),
            readResponse = TokenIds.Reader(cursor, response, _model, addSpecialTokens: false);
        while (cursor.MoveNext())
        {
            int[] tokens = readResponse();
            rows.Add(new TokenSequence(readPrompt(), end is { } last && tokens.LastOrDefault(-1) != last ? [.. tokens, last] : tokens));
            SequenceCheck.Sequence(_model.Config, rows[^1], rows.Count - 1);
        }
        return rows.Count > 0
            ? [.. rows]
            : throw _host.Process(new ArgumentException("The data has no rows, expected at least one prompt with its response.", nameof(input)));
    }

    private DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        DataViewSchema.Column column = InputColumn.TextOrTokenIds(name).Find(_host, schema);
        TokenIds.RequireTokenizer(_host, _model, name, isText: column.Type is TextDataViewType);
        return column;
    }

    /// <summary>The token that ends a response, as TRL appends it: the tokenizer's eos_token; where it names none, the first of the model's.</summary>
    private int EndOfSequence() =>
        (_model.HasTokenizer ? _model.Tokenizer.EosTokenId : null)
        ?? (_model.GenerationConfig.EosTokenIds is [int first, ..]
            ? first
            : throw _host.Process(new InvalidOperationException(
                "Neither the tokenizer nor the model's configuration names an end-of-sequence token to append to responses. Set eos_token in tokenizer_config.json or eos_token_id in config.json, or AppendEndOfSequence to false.")));
}
