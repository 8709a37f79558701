using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>One step of structure-aware policy optimisation (method 11), top to bottom. P prompts, G responses each, B = P·G responses of up to T tokens.</summary>
/// <param name="policy">The policy that learns.</param>
/// <param name="reference">The policy to stay near where β is not 0.</param>
/// <param name="prompts">The prompts.</param>
/// <param name="reward">Scores responses.</param>
/// <param name="options">How to train.</param>
/// <param name="context">Marks errors as ML.NET does.</param>
internal sealed class PolicyOptimizationStep(
    LearningPolicy policy, CausalLanguageModel reference, PromptSet prompts, RewardFunction reward, PolicyOptimizationOptions options, IExceptionContext context)
{
    private readonly RhythmOptions _rhythm = options.Rhythm ?? new RhythmOptions { Grouping = HeadGrouping.PerBatch, Temperature = options.Temperature };
    private readonly AnswerSpan? _answer = options.FlowAnswer is { } pattern ? new AnswerSpan(policy.Model, pattern) : null;
    private readonly PolicyUpdate _update = new(policy, options);
    private readonly StepMetrics _metrics = new();

    /// <summary>Samples, scores and learns.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>What was measured, under TRL's names.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; the policy is as its last update left it.</exception>
    public IReadOnlyDictionary<string, double> Run(int step)
    {
        _metrics.Begin();
        CancellationToken cancellation = options.CancellationToken;

        // 1. P prompts, G responses each: response i answers prompt i / G.
        int[] rows = SeededOrder.Visit(prompts.Count, options.PromptsPerStep, step, options.Seed);                            // [P]
        IReadOnlyList<GeneratedSequence> samples = policy.Model.Generate(                                                     // [B]
            [.. rows.Select(row => prompts.TokenIds[row])],
            new GenerationOptions
            {
                SamplesPerPrompt = options.Generations,
                MaxNewTokens = options.MaxNewTokens,
                Temperature = options.Temperature,
                Seed = (long)RandomUniform.Stream(options.Seed, step, (int)RandomPurpose.Sampling),
            },
            cancellation);
        TokenSequence[] sequences = [.. samples.Select(sample => new TokenSequence(prompts.TokenIds[rows[sample.PromptIndex]], sample.TokenIds))];  // [B]
        _metrics.Sampled(samples, sequences);

        // 2. Rewards R, and how each compares with its group's: Â = (R − mean) / (std + 1e-4).
        cancellation.ThrowIfCancellationRequested();
        double[] rewards = reward.Evaluate(context, prompts.Rollouts(rows, samples), options.MissingReward);                  // [B]
        GroupAdvantages advantages = Advantages.Compute(                                                                      // [B]
            rewards, options.Generations, new AdvantageOptions { ScaleRewards = options.ScaleRewards }, reward.ColumnName);
        _metrics.Rewarded(advantages);

        // 3. What attention did in the policy that sampled, and from the same pass log π_old: [B][T] each.
        cancellation.ThrowIfCancellationRequested();
        IReadOnlyList<RhythmAnalysis>? rhythm = options.Credit.Strategy == CreditStrategy.Uniform ? null : policy.Model.AnalyzeRhythm(sequences, _rhythm);
        // Plain GRPO wants log π_old alone, and not even that where the only update is the first: the policy is then still the one that sampled.
        IReadOnlyList<float[]>? old = rhythm is not null ? [.. rhythm.Select(analysis => analysis.LogProbabilities)] : options.Updates > 1 ? policy.Model.LogProbabilities(sequences, options.Temperature) : null;
        IReadOnlyList<float[]>? near = options.Loss.NeedsReference ? reference.LogProbabilities(sequences, options.Temperature) : null;

        double[][]? flow = _answer is null ? null : Flow(sequences);

        // 4. Credit γ, which carries no gradient, and the advantage of each token: Ã = γ · Â, [B][T].
        CreditAssignment[] credit = [.. sequences.Select((sequence, i) =>
            RhythmCreditFunction.Assign(Signals(sequence, rhythm?[i], flow?[i]), options.Credit, (long)step * sequences.Length + i, advantages.Values[i]))];
        Rollout[] rollouts = [.. sequences.Select((sequence, i) => new Rollout
        {
            Sequence = sequence,
            Advantages = [.. credit[i].Credit.Select(gamma => (float)(gamma * advantages.Values[i]))],
            OldLogProbabilities = old?[i],
            ReferenceLogProbabilities = near?[i],
            Counts = !(options.MaskTruncatedCompletions && samples[i].FinishReason == FinishReason.Length),
        })];
        long tokens = rollouts.Where(rollout => rollout.Counts).Sum(rollout => rollout.Sequence.ResponseIds.Length);
        _metrics.Credited(credit, rhythm);

        // 5. Every iteration cuts the responses into random mini-batches, and each of them makes one update.
        for (int iteration = 0; iteration < options.Iterations; iteration++)
        {
            int[] order = SeededOrder.Permutation(rollouts.Length, options.Seed, step * options.Iterations + iteration, RandomPurpose.MiniBatches);
            foreach (int[] miniBatch in order.Chunk(rollouts.Length / options.MiniBatches))
            {
                cancellation.ThrowIfCancellationRequested();
                _metrics.Updated(_update.Run([.. miniBatch.Select(i => rollouts[i])], tokens));
            }
        }
        return _metrics.End();
    }

    /// <summary>What flows from question to answer through each response token; NaN throughout a response without an answer.</summary>
    private double[][] Flow(TokenSequence[] sequences)
    {
        double[][] flow = [.. sequences.Select(sequence => Enumerable.Repeat(double.NaN, sequence.ResponseIds.Length).ToArray())];
        (int Row, Range Answer)[] answered = [.. sequences.Index().Select(entry => (entry.Index, _answer!.Find(entry.Item.ResponseIds))).Where(entry => entry.Item2 is not null).Select(entry => (entry.Index, entry.Item2!.Value))];
        IReadOnlyList<FlowAnalysis> analyses = policy.Model.AnalyzeFlow([.. answered.Select(entry => new FlowSequence(sequences[entry.Row], entry.Answer))], _rhythm.Layers);
        for (int i = 0; i < answered.Length; i++) flow[answered[i].Row] = analyses[i].ResponseThroughput;
        _metrics.Traced(answered.Length, sequences.Length);
        return flow;
    }

    private static TokenSignals Signals(TokenSequence sequence, RhythmAnalysis? rhythm, double[]? flow) => new()
    {
        Count = sequence.ResponseIds.Length,
        Waad = rhythm?.Waad.Select(value => (double)value).ToArray(),
        Fai = rhythm?.Fai.Select(value => (double)value).ToArray(),
        Entropy = rhythm?.Entropies.Select(value => (double)value).ToArray(),
        Flow = flow,
    };
}

/// <summary>One update of the policy: the clipped surrogate of a mini-batch, its gradient, AdamW.</summary>
/// <param name="policy">The policy that learns.</param>
/// <param name="options">How to train.</param>
internal sealed class PolicyUpdate(LearningPolicy policy, PolicyOptimizationOptions options)
{
    /// <summary>Moves the policy.</summary>
    /// <param name="miniBatch">The responses to learn from.</param>
    /// <param name="tokensInBatch">Tokens of all the step's responses that count.</param>
    public IReadOnlyDictionary<string, double> Run(IReadOnlyList<Rollout> miniBatch, long tokensInBatch)
    {
        Dictionary<string, double> metrics = Accumulate(miniBatch, tokensInBatch);
        metrics["grad_norm"] = policy.Clip();
        metrics["learning_rate"] = policy.LearningRate;
        policy.Apply();
        return metrics;
    }

    /// <summary>Computes the mini-batch's gradient, in parts of b responses of up to T tokens whose losses add up.</summary>
    internal Dictionary<string, double> Accumulate(IReadOnlyList<Rollout> miniBatch, long tokensInBatch)
    {
        var metrics = new MetricSums();
        foreach (Rollout[] part in miniBatch.Chunk(miniBatch.Count / options.GradientAccumulationSteps))
        {
            using var scope = NewDisposeScope();
            TokenScores scores = PackedScores.Score(policy.Model.Decoder, [.. part.Select(rollout => rollout.Sequence)], options.Temperature, entropies: true);
            PolicyLossResult result = PolicyLoss.Compute(
                new PolicyLossBatch
                {
                    LogProbabilities = scores.LogProbabilities,                                                              // [b, T]
                    Entropies = scores.Entropies,                                                                            // [b, T]
                    OldLogProbabilities = Rollout.Pad(part, rollout => rollout.OldLogProbabilities, policy.Model.Device),     // [b, T]
                    ReferenceLogProbabilities = Rollout.Pad(part, rollout => rollout.ReferenceLogProbabilities, policy.Model.Device),
                    Advantages = Rollout.Pad(part, rollout => rollout.Advantages, policy.Model.Device)!,
                    Mask = Rollout.Pad(part, rollout => rollout.Mask, policy.Model.Device)!,
                    TokensInBatch = tokensInBatch,
                    MaxCompletionLength = options.MaxNewTokens,
                    GradientAccumulationSteps = options.GradientAccumulationSteps,
                    StepsPerGeneration = options.MiniBatches * options.GradientAccumulationSteps,
                },
                options.Loss);
            metrics.Add(result.Metrics);
            metrics.Add("loss", policy.Accumulate(result.Loss) * options.GradientAccumulationSteps);
        }
        return metrics.Means();
    }
}
