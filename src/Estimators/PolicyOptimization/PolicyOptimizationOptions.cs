using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>How a policy is optimised; meanings, and (where nothing else is said) defaults, of TRL's GRPOTrainer, whose names are in brackets.</summary>
/// <remarks>A step samples PromptsPerStep · Generations responses and makes Iterations · MiniBatches updates with them.</remarks>
public sealed record PolicyOptimizationOptions : TrainingOptions
{
    /// <summary>Learning rate after the warm-up (learning_rate). Default 1e-6; above 0.</summary>
    public override double LearningRate { get; init; } = 1e-6;

    /// <summary>How the learning rate changes after the warm-up (lr_scheduler_type). Default <see cref="LearningRateSchedule.Constant"/>, under which a run may
    /// go on for longer; TRL's, transformers' own, is <see cref="LearningRateSchedule.Linear"/>.</summary>
    public override LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;

    /// <summary>Steps: batches of responses that are sampled and learnt from. Default 100; at least 1.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Prompts of a step; each pass over all prompts visits them in an order of its own. Default 32; at least 1.</summary>
    public int PromptsPerStep { get; init; } = 32;

    /// <summary>G: responses per prompt, whose rewards are compared (num_generations). Default 8; at least 2.</summary>
    public int Generations { get; init; } = 8;

    /// <summary>The most tokens of a response (max_completion_length). Default 512; at least 1. Look at completions/clipped_ratio: truncated responses seldom
    /// earn a reward.</summary>
    public int MaxNewTokens { get; init; } = 512;

    /// <summary>Sampling temperature; log-probabilities of the loss are taken at the same one (temperature). Default 1; 1e-6 or more.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only this many most probable tokens are sampled from (top_k); 0 = all. Default 0; 0, or 2 or more.</summary>
    /// <remarks>
    /// With this, <see cref="TopP"/> or <see cref="MinP"/> all log-probabilities and entropies of a step, also those of the reference, are among the tokens
    /// that the policy that sampled kept at each place:
    /// the ratio of two policies is one only where both are cut alike (DeepSeek-V3.2's "keep sampling mask", arXiv 2512.02556, 3.1). TRL takes them over the
    /// whole vocabulary, which biases the ratio.
    /// What was kept takes 4 bytes for each token that was, at each place. Evaluations and the returned policy sample alike. A repetition penalty is not
    /// offered: it makes another distribution of every place.
    /// </remarks>
    public int TopK { get; init; }

    /// <summary>Only the smallest set of most probable tokens is sampled from whose probabilities add up to this (top_p). Default 1 = all; above 0, at most
    /// 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this fraction as probable as the most probable one are sampled from (min_p). Default 0 = all; 0 or more, below
    /// 1.</summary>
    public double MinP { get; init; }

    /// <summary>Tokens that end a response. Null (default) = the end-of-sequence tokens of the model's generation_config.json; empty = none. Ids of the
    /// vocabulary. Of recorded rollouts they tell those of MaxNewTokens tokens that are complete.</summary>
    public IReadOnlyList<int>? StopTokenIds { get; init; }

    /// <summary>Texts that end a response too, such as "&lt;/answer&gt;". Default none; each at least one character, without special tokens. Needs a
    /// tokenizer.</summary>
    /// <remarks>
    /// The text that a reward sees, and that the returned policy generates, ends with it (<see cref="GenerationOptions.IncludeStopString"/>). A response that
    /// it ends is complete; TRL takes every response without an end-of-sequence token for a truncated one. Of recorded rollouts it tells those of MaxNewTokens
    /// tokens that are complete.
    /// </remarks>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>The most responses that are sampled at once, in steps and evaluations; smaller batches take less memory and more time. Default null = all; at
    /// least 1.</summary>
    public int? SamplingBatchSize { get; init; }

    /// <summary>Passes over a step's responses (num_iterations, μ). Default 1; at least 1.</summary>
    public int Iterations { get; init; } = 1;

    /// <summary>Updates of a pass: the responses are cut into as many random parts. Default 1; at least 1; with <see cref="GradientAccumulationSteps"/> a
    /// divisor of the number of responses.</summary>
    public int MiniBatches { get; init; } = 1;

    /// <summary>Parts that a mini-batch is computed in to save memory; what they add up to is normalised as TRL does (gradient_accumulation_steps). Default 1;
    /// at least 1.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>The clipped surrogate. Default: GRPO at token level, ε 0.2, no divergence.</summary>
    public PolicyLossOptions Loss { get; init; } = new();

    /// <summary>What rewards are divided by (scale_rewards). Default <see cref="RewardScale.Group"/>, and that with
    /// <see cref="Estimators.RewardAggregation.NormalizeThenSum"/>, which divides by deviations of groups and batch.</summary>
    public RewardScale ScaleRewards { get; init; } = RewardScale.Group;

    /// <summary>How the rewards of <see cref="RewardColumnNames"/> become one advantage (multi_objective_aggregation): compared with their group as a sum, or
    /// each by itself, which then needs two or more of them. What is reported, evaluated and kept as the best goes by the weighted sum either way. Default
    /// <see cref="Estimators.RewardAggregation.SumThenNormalize"/>.</summary>
    public RewardAggregation RewardAggregation { get; init; } = RewardAggregation.SumThenNormalize;

    /// <summary>Rounds in which groups whose rewards are all equal are replaced by responses to the next prompts (dynamic sampling, DAPO, arXiv 2503.14476);
    /// what is still equal after the last of them stays. Default 0 = none; 0 or more.</summary>
    public int ResamplingRounds { get; init; }

    /// <summary>What happens to a response whose reward is NaN (of several: all of them) or infinite, or fails. Default
    /// <see cref="Estimators.MissingReward.Stop"/>.</summary>
    public MissingReward MissingReward { get; init; } = MissingReward.Stop;

    /// <summary>Leave responses that reached MaxNewTokens without ending out of the loss (mask_truncated_completions). Default false.</summary>
    public bool MaskTruncatedCompletions { get; init; }

    /// <summary>How credit γ is assigned to tokens. Default: coupled, as in the paper.</summary>
    public CreditOptions Credit { get; init; } = new();

    /// <summary>How WAAD and FAI are computed; null (default) = the paper's settings. Head groups are those of the whole batch, as in the paper, unless
    /// <see cref="RhythmOptions.Grouping"/> or <see cref="RhythmOptions.FrozenGroups"/> says otherwise. Its temperature must be <see cref="Temperature"/>.
    /// Scale its horizons to the length of the responses: the last MinimumHorizon tokens of each have no FAI.</summary>
    public RhythmOptions? Rhythm { get; init; }

    /// <summary>Which pass WAAD and FAI come from. Default <see cref="RhythmPassKind.Fused"/>, which costs least (docs/training.md).</summary>
    public RhythmPassKind RhythmPass { get; init; } = RhythmPassKind.Fused;

    /// <summary>Steps for which head groups per batch stay as they were measured; with another grouping of <see cref="Rhythm"/> it must be 1. Default 1; at
    /// least 1.</summary>
    public int HeadGroupsEvery { get; init; } = 1;

    /// <summary>For flow credit: a regular expression whose last match in the response's text (its first group, where it has one) is the answer that attention
    /// is traced back from. A response without a match has credit 1 throughout. Default null; needed with <see cref="CreditStrategy.Flow"/>.</summary>
    public string? FlowAnswer { get; init; }

    /// <summary>Responses per validation prompt (num_generations_eval). Default 1 (TRL: as many as in training); at least 1. Read where
    /// <see cref="TrainingOptions.EvaluateEvery"/> is given.</summary>
    public int EvaluationGenerations { get; init; } = 1;

    /// <summary>Sampling temperature of evaluations; 0 = greedy; null = <see cref="Temperature"/>. Default null; 0, or 1e-6 or more.</summary>
    public double? EvaluationTemperature { get; init; }

    /// <summary>Steps between two looks at responses: those to one prompt go, with their roles and credit, to samples.jsonl in
    /// <see cref="TrainingOptions.OutputFolder"/> and to ML.NET's log; the first step's do too. Default null = never; at least 1.</summary>
    public int? LogSamplesEvery { get; init; }

    /// <summary>The column of prompts: text, or vectors of token ids. Default Prompt.</summary>
    public string PromptColumnName { get; init; } = "Prompt";

    /// <summary>What text of the prompt column says: the prompt itself, or a conversation as JSON, which the model's chat template renders. Default
    /// <see cref="PromptFormat.Text"/>.</summary>
    public PromptFormat PromptFormat { get; init; } = PromptFormat.Text;

    /// <summary>The column that the reward writes: Single. Default Reward, and that where <see cref="RewardColumnNames"/> are given instead.</summary>
    public string RewardColumnName { get; init; } = "Reward";

    /// <summary>The columns of several rewards that the chain writes, which the trainer aggregates: Single, NaN = no value. Default null =
    /// <see cref="RewardColumnName"/> alone; each once.</summary>
    public IReadOnlyList<string>? RewardColumnNames { get; init; }

    /// <summary>A weight for each of <see cref="RewardColumnNames"/> (reward_weights). Default null = all 1; finite, as many as columns, not all 0.</summary>
    public IReadOnlyList<double>? RewardWeights { get; init; }

    /// <summary>How responses are sampled.</summary>
    /// <param name="samples">Responses per prompt.</param>
    /// <param name="temperature">Null = <see cref="Temperature"/>.</param>
    /// <param name="seed">Start of the random numbers.</param>
    internal GenerationOptions Sampling(int samples, double? temperature, ulong seed) =>
        new()
        {
            SamplesPerPrompt = samples,
            MaxNewTokens = MaxNewTokens,
            Temperature = temperature ?? Temperature,
            TopK = TopK,
            TopP = TopP,
            MinP = MinP,
            StopTokenIds = StopTokenIds,
            StopStrings = StopStrings,
            IncludeStopString = true,
            BatchSize = SamplingBatchSize,
            Seed = (long)seed,
        };

    /// <summary>The text of a response to those who judge it.</summary>
    internal string TextOf(CausalLanguageModel model, int[] responseIds) =>
        model.HasTokenizer ? Text(model, responseIds).ToString() : TokenText.Join(model, responseIds);

    /// <summary>Why a response ended, as far as its tokens tell: one that is shorter than the limit was not cut, and text may have lost its last
    /// token.</summary>
    internal FinishReason EndOf(CausalLanguageModel model, int[] responseIds) =>
        (StopTokenIds ?? model.GenerationConfig.EosTokenIds).Contains(responseIds[^1]) ? FinishReason.StopToken
        : StopStrings.Count > 0 && Text(model, responseIds).Stopped ? FinishReason.StopString
        : responseIds.Length < MaxNewTokens ? FinishReason.StopToken
        : FinishReason.Length;

    private ResponseText Text(CausalLanguageModel model, int[] responseIds) =>
        ResponseText.Of(model.Tokenizer, responseIds, Sampling(samples: 1, temperature: null, seed: 0));

    /// <summary>How rewards become advantages.</summary>
    internal AdvantageOptions Advantages => new() { ScaleRewards = ScaleRewards, Aggregation = RewardAggregation, RewardWeights = Rewards.Weights };

    /// <summary>Where rewards are.</summary>
    internal WeightedColumns Rewards => RewardColumnNames is null
        ? new WeightedColumns([RewardColumnName], [1])
        : new WeightedColumns([.. RewardColumnNames], [.. RewardWeights ?? RewardColumnNames.Select(_ => 1.0)]);

    /// <summary>Reads prompts.</summary>
    internal PromptReader Prompts => new(PromptColumnName, PromptFormat, addSpecialTokens: true);

    /// <summary>How WAAD and FAI are computed, with the grouping that is meant.</summary>
    internal RhythmOptions EffectiveRhythm =>
        (Rhythm ?? new RhythmOptions { Temperature = Temperature }) with { Grouping = Rhythm?.GroupingOr(HeadGrouping.PerBatch) ?? HeadGrouping.PerBatch };

    /// <summary>Responses of a step.</summary>
    internal long Responses => (long)PromptsPerStep * Generations;

    /// <summary>Updates of a step.</summary>
    internal int Updates => Iterations * MiniBatches;

    /// <param name="recorded">Whether responses are recorded ones, for which some options have no meaning.</param>
    /// <param name="model">The model that learns; null = not known yet.</param>
    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate(bool recorded, CausalLanguageModel? model = null)
    {
        var problems = new Violations();
        CheckTraining(problems);
        problems.Require(Steps >= 1, nameof(Steps), Steps, "at least 1");
        problems.Require(PromptsPerStep >= 1, nameof(PromptsPerStep), PromptsPerStep, "at least 1");
        problems.Require(Generations >= 2, nameof(Generations), Generations,
            "at least 2: an advantage compares the responses to one prompt, and a group of one always has advantage 0");
        problems.Require(MaxNewTokens >= 1, nameof(MaxNewTokens), MaxNewTokens, "at least 1");
        problems.Require(Temperature != 0 && GenerationOptions.IsTemperature(Temperature), nameof(Temperature), Temperature,
            FormattableString.Invariant($"{GenerationOptions.Least} or more: greedy responses to one prompt are all the same"));
        problems.Require(TopK is 0 or >= 2, nameof(TopK), TopK, "0 (all), or 2 or more: with one token kept the responses to one prompt are all the same");
        problems.Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0, at most 1");
        problems.Require(MinP is >= 0 and < 1, nameof(MinP), MinP, "0 or more, below 1");
        GenerationOptions.CheckStopStrings(problems, "", StopStrings);
        problems.Require(SamplingBatchSize is null or >= 1, nameof(SamplingBatchSize), SamplingBatchSize, "at least 1, or null for all at once");
        problems.Require(Iterations >= 1, nameof(Iterations), Iterations, "at least 1");
        problems.Require(MiniBatches >= 1, nameof(MiniBatches), MiniBatches, "at least 1");
        problems.Require(GradientAccumulationSteps >= 1, nameof(GradientAccumulationSteps), GradientAccumulationSteps, "at least 1");
        long parts = (long)Math.Max(1, MiniBatches) * Math.Max(1, GradientAccumulationSteps);
        problems.Require(Responses <= int.MaxValue, nameof(PromptsPerStep), PromptsPerStep,
            FormattableString.Invariant($"a number that makes at most {int.MaxValue} responses a step (Generations {Generations})"));
        problems.Require(Responses % parts == 0, nameof(MiniBatches), $"{MiniBatches} with GradientAccumulationSteps {GradientAccumulationSteps}",
            $"a product that divides the {Responses} responses of a step (PromptsPerStep {PromptsPerStep} · Generations {Generations})");
        problems.Require((long)Steps * Iterations * MiniBatches <= int.MaxValue, nameof(Steps), Steps,
            FormattableString.Invariant($"a number that makes at most {int.MaxValue} updates (Iterations {Iterations} · MiniBatches {MiniBatches} a step)"));
        problems.Require(ResamplingRounds >= 0, nameof(ResamplingRounds), ResamplingRounds, "0 or more");
        problems.RequireDefined(PromptFormat, nameof(PromptFormat));
        problems.RequireDefined(RhythmPass, nameof(RhythmPass));
        problems.Require(
            HeadGroupsEvery >= 1 && (HeadGroupsEvery == 1 || EffectiveRhythm is { Grouping: HeadGrouping.PerBatch, AllHeads: false }),
            nameof(HeadGroupsEvery), HeadGroupsEvery,
            "at least 1, and 1 where head groups are not those of the batch (Rhythm.Grouping, FrozenGroups, AllHeads)");
        problems.Require(Rhythm is null or { Receivers: false }, "Rhythm.Receivers", Rhythm?.Receivers,
            "false: no credit is made of receiver heads, and finding them costs");
        problems.Require(LogSamplesEvery is null or >= 1, nameof(LogSamplesEvery), LogSamplesEvery, "at least 1, or null for never");
        problems.Require(EvaluationGenerations >= 1, nameof(EvaluationGenerations), EvaluationGenerations, "at least 1");
        problems.Require(
            EvaluationTemperature is null || GenerationOptions.IsTemperature(EvaluationTemperature.Value),
            nameof(EvaluationTemperature), EvaluationTemperature,
            FormattableString.Invariant($"0 (greedy), {GenerationOptions.Least} or more, or null for Temperature"));
        problems.RequireDefined(ScaleRewards, nameof(ScaleRewards));
        problems.RequireDefined(RewardAggregation, nameof(RewardAggregation));
        if (RewardColumnNames is not null) problems.RequireNames(RewardColumnNames, nameof(RewardColumnNames));
        problems.Require(
            RewardColumnNames is null || RewardColumnName == "Reward", nameof(RewardColumnName), RewardColumnName,
            "Reward, its default, beside RewardColumnNames");
        problems.Require(
            RewardWeights is null
                || (RewardWeights.Count == RewardColumnNames?.Count && RewardWeights.All(double.IsFinite) && RewardWeights.Any(weight => weight != 0)),
            nameof(RewardWeights), string.Join(", ", RewardWeights ?? []),
            "a finite number for each of RewardColumnNames, not all of them 0, or null for 1");
        problems.Require(
            RewardAggregation != RewardAggregation.NormalizeThenSum || (RewardColumnNames?.Count > 1 && ScaleRewards == RewardScale.Group),
            nameof(RewardAggregation), RewardAggregation,
            "SumThenNormalize where there is one reward, or ScaleRewards is not Group, which NormalizeThenSum does not read");
        problems.RequireDefined(MissingReward, nameof(MissingReward));
        problems.Require(FlowAnswer is not null == (Credit.Strategy == CreditStrategy.Flow), nameof(FlowAnswer), FlowAnswer,
            "a regular expression that finds the answer in a response where Credit.Strategy is Flow, and null with other strategies");
        problems.Require(FlowAnswer is null || AnswerSpan.IsPattern(FlowAnswer), nameof(FlowAnswer), FlowAnswer, "a valid regular expression");
        problems.Require(Rhythm is null || Rhythm.Temperature == Temperature, "Rhythm.Temperature", Rhythm?.Temperature,
            FormattableString.Invariant($"the sampling Temperature, {Temperature}"));
        Loss.Check(problems, "Loss.");
        problems.Require(
            Loss.ImportanceSampling != ImportanceSampling.Sequence || Credit.Strategy == CreditStrategy.Uniform,
            "Loss.ImportanceSampling", Loss.ImportanceSampling,
            $"SequenceToken with {Credit.Strategy} credit: with one ratio a response only its mean credit acts");
        Credit.Check(problems, "Credit.");
        Rhythm?.Check(problems, "Rhythm.");
        if (model is not null) Sampling(samples: 1, temperature: null, seed: 0).CheckModel(problems, "", model);
        if (recorded) CheckRecorded(problems);
        problems.ThrowIfAny(nameof(PolicyOptimizationOptions));
    }

    private void CheckRecorded(Violations problems)
    {
        problems.Require(ResamplingRounds == 0, nameof(ResamplingRounds), ResamplingRounds, "0 with recorded rollouts, which cannot be sampled again");
        problems.Require(TopK == 0, nameof(TopK), TopK, "0 with recorded rollouts, which do not say what sampling kept");
        problems.Require(TopP == 1, nameof(TopP), TopP, "1 with recorded rollouts, which do not say what sampling kept");
        problems.Require(MinP == 0, nameof(MinP), MinP, "0 with recorded rollouts, which do not say what sampling kept");
        problems.Require(SamplingBatchSize is null, nameof(SamplingBatchSize), SamplingBatchSize, "null with recorded rollouts: nothing is sampled");
        problems.Require(EvaluateEvery is null, nameof(EvaluateEvery), EvaluateEvery,
            "null with recorded rollouts, which come without a reward that could score new responses");
    }
}

/// <summary>What happens to a response that has no reward.</summary>
/// <remarks>Components that compute several responses at once, such as a model that judges, fail for all of them. So a response on which the reward fails is
/// scored again alone, and those that do not fail then once more together.</remarks>
public enum MissingReward
{
    /// <summary>Training stops with an error that names the row.</summary>
    Stop,

    /// <summary>The response has advantage 0 and does not count in its group's statistics, as where TRL's reward functions return None; the metric
    /// rewards/left_out counts them.</summary>
    LeaveOut,
}

/// <summary>Which forward pass WAAD and FAI come from.</summary>
public enum RhythmPassKind
{
    /// <summary>The one that a step makes anyway: that of its only update, or, where it makes several, the one that gives log π_old. Head groups per batch are
    /// then those measured in the step before. An adapter's dropout makes an update's pass another policy's than the one that sampled: with it there is a pass
    /// as with <see cref="Separate"/>.</summary>
    Fused,

    /// <summary>One of its own over the responses, by the policy that sampled them, as in the paper. Where a step makes one update and credit needs no
    /// entropies, it ends with the last layer that is read.</summary>
    Separate,
}
