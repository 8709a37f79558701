using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>Reinforcement learning of a language model from rewards, with credit for the tokens that its attention shows to matter (Li et al., arXiv
/// 2510.13554).</summary>
/// <remarks>
/// Each step samples several responses to each of some prompts, rewards them, compares the rewards inside each group, finds from the attention of the policy
/// that sampled
/// which tokens plan and anchor a response, gives these more of its advantage, and makes clipped updates (GRPO and its relatives). PolicyOptimizationStep.cs
/// has it top to bottom.
/// </remarks>
public sealed class PolicyOptimizationTrainer : IEstimator<PolicyTransformer>
{
    private readonly IHost _host;
    private readonly CausalLanguageModel _model;
    private readonly Func<WeightedColumns, RewardFunction>? _openReward;
    private readonly RecordedRollouts? _recorded;
    private readonly PolicyOptimizationOptions _options;

    /// <summary>A trainer whose reward is an estimator.</summary>
    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The policy to start from; Fit works on a copy.</param>
    /// <param name="reward">Writes the reward column. It sees the prompt rows with all their columns, Response (text; of a model without tokenizer the token
    /// ids in decimal), ResponseTokenIds and FinishReason. It is fitted once, on the responses of the first step: what must learn from other data has to be
    /// fitted before.</param>
    /// <param name="options">How to train; null = the defaults.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names all of them.</exception>
    public PolicyOptimizationTrainer(
        IHostEnvironment environment, CausalLanguageModel model, IEstimator<ITransformer> reward, PolicyOptimizationOptions? options = null)
        : this(environment, model, columns => RewardFunction.From(reward, columns), options)
    {
    }

    /// <summary>A trainer whose reward was fitted before, such as a trained ML.NET model.</summary>
    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The policy to start from; Fit works on a copy.</param>
    /// <param name="reward">Writes the reward column; it sees what the other constructor's reward sees.</param>
    /// <param name="options">How to train; null = the defaults.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names all of them.</exception>
    public PolicyOptimizationTrainer(IHostEnvironment environment, CausalLanguageModel model, ITransformer reward, PolicyOptimizationOptions? options = null)
        : this(environment, model, columns => RewardFunction.From(reward, columns), options)
    {
    }

    /// <summary>A trainer whose responses and rewards were recorded before: Fit learns from the rows that it is given, and samples nothing.</summary>
    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The policy to start from; Fit works on a copy.</param>
    /// <param name="recorded">Where in the rows responses are.</param>
    /// <param name="options">How to train; null = the defaults.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range, or have no meaning for recorded responses; the message names all of
    /// them.</exception>
    public PolicyOptimizationTrainer(
        IHostEnvironment environment, CausalLanguageModel model, RecordedRollouts recorded, PolicyOptimizationOptions? options = null)
        : this(environment, model, openReward: null, options) => _recorded = recorded;

    private PolicyOptimizationTrainer(
        IHostEnvironment environment, CausalLanguageModel model, Func<WeightedColumns, RewardFunction>? openReward, PolicyOptimizationOptions? options)
    {
        (_host, _model, _openReward, _options) =
            (environment.Register(nameof(PolicyOptimizationTrainer)), model, openReward, options ?? new PolicyOptimizationOptions());
        _options.Validate(recorded: openReward is null, model);
    }

    /// <summary>The trained policy answers as it was sampled in training.</summary>
    private TextGenerationOptions Responses => new()
    {
        PromptColumnName = _options.PromptColumnName,
        PromptFormat = _options.PromptFormat,
        Generation = _options.Sampling(samples: 1, temperature: null, (ulong)_options.Seed) with { BatchSize = null },
    };

    private RunCancellation Cancellation => new(_host, _options.CancellationToken);

    private string SamplingBatch => _options.SamplingBatchSize?.ToString(CultureInfo.InvariantCulture) ?? "all at once";

    /// <summary>Trains a copy of the model on the prompts.</summary>
    /// <param name="input">Prompts (text or vectors of token ids) and whatever columns the reward reads.</param>
    /// <returns>The trained policy, which owns its model: dispose it. Where training was cancelled, as its last complete step left it; with
    /// <see cref="TrainingOptions.KeepBest"/> the best that was evaluated.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, there are no rows, or a prompt does not fit the model; the message names
    /// it.</exception>
    /// <exception cref="InvalidOperationException">The reward failed on a response, or a recorded one has a missing key for its group, which the message names;
    /// the model's tokenizer is missing or does not fit it; EvaluateEvery and validation rows do not go together; or the folder holds another run.</exception>
    /// <exception cref="NotSupportedException">All weights are to be trained, and they are not float32.</exception>
    /// <exception cref="NotFiniteNumberException">The loss or its gradient, or what the model computes in sampling or where attention is read, became NaN or
    /// infinite.</exception>
    /// <exception cref="InsufficientMemoryException">Memory ran out; the message says what to lower.</exception>
    /// <exception cref="IOException">Another run has the folder, or it cannot be written.</exception>
    /// <exception cref="InvalidDataException">A checkpoint in the folder is damaged; the message names the file.</exception>
    public PolicyTransformer Fit(IDataView input) => Fit(input, validation: null);

    /// <summary>Trains a copy of the model on the prompts and evaluates it on others, as <see cref="TrainingOptions.EvaluateEvery"/> says: eval_reward and its
    /// relatives.</summary>
    /// <param name="input">Prompts (text or vectors of token ids) and whatever columns the reward reads.</param>
    /// <param name="validation">The same columns; null = none.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public PolicyTransformer Fit(IDataView input, IDataView? validation)
    {
        _options.Rhythm?.Validate(_model.Config);
        WarnOfForeignEnd();
        CausalLanguageModel trained = _recorded is null ? FitSampled(input, validation) : FitRecorded(input, validation, _recorded);
        return new PolicyTransformer(_host, LanguageModelHandle.Own(trained), Responses);
    }

    /// <summary>A model that ends responses as its tokenizer does is not heard where it is asked to end them otherwise: all are cut, and nothing says
    /// why.</summary>
    private void WarnOfForeignEnd()
    {
        if (_options.StopTokenIds is not null || !_model.HasTokenizer || _model.Tokenizer.EosTokenId is not { } end) return;
        if (ForeignEnd.Of(_model, end) is not { } foreign) return;
        Warn(
            "The tokenizer ends texts with {0}, so that a response goes on behind it. Set StopTokenIds to [{1}] to end responses there too, or use the tokenizer and generation_config.json that came with the model.",
            foreign,
            string.Join(", ", _model.GenerationConfig.EosTokenIds.Append(end)));
    }

    private void Warn(string message, params object[] values)
    {
        using IChannel channel = _host.Start("Training");
        channel.Warning(MessageSensitivity.None, message, values);
    }

    private CausalLanguageModel FitSampled(IDataView input, IDataView? validation)
    {
        DateTimeOffset started = RunIdentity.Start(_options);
        PromptSet prompts = Read(input);
        if (prompts.Count < _options.PromptsPerStep)
            Warn(
                "The data has {0} prompts, fewer than PromptsPerStep ({1}): a step learns from some of them twice or more, in groups of their own. Lower PromptsPerStep, or give more prompts.",
                prompts.Count,
                _options.PromptsPerStep);
        RewardFunction reward = _openReward!(_options.Rewards);
        Check(prompts);
        RunCancellation cancellation = Cancellation;
        using CausalLanguageModel? rounded = RoundedReference();
        PromptSet? judged = validation is null ? null : ValidationRows.Named(_host, () => Check(Read(validation)));
        return TrainingLoop.Run(
            _host, _model, _options,
            Plan(started, prompts.Fingerprint, judged is null ? null : judged.Fingerprint),
            (policy, warn) => new PolicyOptimizationStep(
                policy,
                rounded ?? _model,
                new SampledRollouts(policy, prompts, reward, _options, cancellation, _host, warn),
                judged is null ? null : new PolicyEvaluation(policy, judged, reward, _options, cancellation, _host, warn),
                _options,
                cancellation,
                warn));

        PromptSet Read(IDataView rows) => PromptSet.Read(_host, rows, _model, _options, started);

        PromptSet Check(PromptSet set)
        {
            reward.Check(_host, set.Rollouts([], Array.Empty<int[]>()).Schema);
            return set;
        }
    }

    private CausalLanguageModel FitRecorded(IDataView input, IDataView? validation, RecordedRollouts recorded)
    {
        if (validation is not null)
            throw _host.Process(new ArgumentException(
                "Validation rows were given, and recorded rollouts come without a reward that could score new responses. Evaluate the returned policy instead.",
                nameof(validation)));
        using CausalLanguageModel? rounded = RoundedReference();
        DateTimeOffset started = RunIdentity.Start(_options);
        RecordedRolloutSource source = RecordedRolloutSource.Read(_host, input, _model, recorded, _options, started);
        return TrainingLoop.Run(
            _host, _model, _options,
            Plan(started, source.Fingerprint, validation: null),
            (policy, warn) => new PolicyOptimizationStep(policy, rounded ?? _model, source, evaluation: null, _options, Cancellation, warn));
    }

    /// <summary>The policy to stay near, in the type that updates compute in; null where the model is in that type, or nothing stays near it.</summary>
    private CausalLanguageModel? RoundedReference() =>
        _options is { Bf16: true, Loss.NeedsReference: true } && _model.Decoder.Weights.Embedding.dtype != ScalarType.BFloat16
            ? MemoryAdvice.Given(
                _host, "The reference model", "With Bf16 it is a copy of the model in bfloat16: set Beta to 0, or load the model in bfloat16 and train an adapter (Lora).",
                () => _model.CloneAs(ScalarType.BFloat16))
            : null;

    private TrainingPlan Plan(DateTimeOffset started, Func<string> data, Func<string>? validation) => new(
        nameof(PolicyOptimizationTrainer), started, _options.Steps, _options.Updates, data, validation, Goal: "eval_reward", HigherIsBetter: true,
        _recorded is not null
            ? RecordedMemoryAdvice
            : $"{(_options.ActivationCheckpointing ? "Lower" : "Set ActivationCheckpointing or lower")} SamplingBatchSize ({SamplingBatch}), with which this run can be resumed; or begin anew with more GradientAccumulationSteps ({_options.GradientAccumulationSteps}), or a lower MaxNewTokens ({_options.MaxNewTokens}), PromptsPerStep ({_options.PromptsPerStep}) or Generations ({_options.Generations}).",
        $"Lower SamplingBatchSize ({SamplingBatch}), with which this run can be resumed; or begin anew with fewer validation rows, EvaluationGenerations ({_options.EvaluationGenerations}) or MaxNewTokens ({_options.MaxNewTokens}).");

    // Nothing is sampled, and what was recorded has the lengths and groups that it has.
    private string RecordedMemoryAdvice =>
        $"{(_options.ActivationCheckpointing ? "Begin" : "Set ActivationCheckpointing, with which this run can be resumed; or begin")} anew with more GradientAccumulationSteps ({_options.GradientAccumulationSteps}) or a lower PromptsPerStep ({_options.PromptsPerStep}).";

    /// <summary>What Fit's policy will do to data of this shape.</summary>
    /// <param name="inputSchema">What is known of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => new TextGenerationEstimator(_host, _model, Responses).GetOutputSchema(inputSchema);
}
