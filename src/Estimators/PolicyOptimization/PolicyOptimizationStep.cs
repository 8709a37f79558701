using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>One step of structure-aware policy optimisation (Eq. 5, 6 and 12 of arXiv 2510.13554), top to bottom. P prompts, G responses
/// each, B = P·G responses of up to T tokens.</summary>
/// <param name="policy">The policy that learns.</param>
/// <param name="reference">The policy to stay near where β is not 0.</param>
/// <param name="source">Where responses and rewards come from.</param>
/// <param name="evaluation">Measures the policy on validation prompts; null where there are none.</param>
/// <param name="options">How to train.</param>
/// <param name="cancellation">Ends a step before its first update.</param>
/// <param name="warn">Writes a warning.</param>
internal sealed class PolicyOptimizationStep(
    LearningPolicy policy, CausalLanguageModel reference, IRolloutSource source, PolicyEvaluation? evaluation,
    PolicyOptimizationOptions options, RunCancellation cancellation, Action<string> warn)
    : ITrainingRun
{
    private readonly RhythmOptions _rhythm = options.EffectiveRhythm;
    private readonly AnswerSpan? _answer = options.FlowAnswer is { } pattern ? new AnswerSpan(policy.Model, pattern, warn) : null;
    private readonly PolicyUpdate _update = new(policy, options);
    private PolicyOptimizationState _state = PolicyOptimizationState.Start;

    /// <inheritdoc/>
    public object State
    {
        get => _state;
        set
        {
            _state = (PolicyOptimizationState)value;
            source.Restore(_state);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<LoggedSample> Samples { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Run(int step)
    {
        var metrics = new StepMetrics();

        // 1. P prompts, G responses each (response i answers prompt i / G), and their rewards R.
        (RolloutBatch batch, PolicyOptimizationState state) = source.Next(step, _state, metrics);                             // [B]
        TokenSequence[] sequences = batch.Sequences;
        metrics.Sampled([.. sequences.Select(sequence => sequence.ResponseIds.Length)], batch.Truncated);

        // 2. How each reward compares with its group's: Â = (R − mean) / (std + 1e-4). Of several it may be each that is compared, and then the sum with the
        // batch's.
        GroupAdvantages advantages = Advantages.Compute(batch.Rewards, options.Generations, options.Advantages, options.Rewards.Names); // [B]
        metrics.Rewarded(advantages);
        if (step == 0) WarnAtFirst(batch, advantages);

        // 3. What attention did in the policy that sampled and, where a step has several updates, from the same pass log π_old: [B][T] each. Where the only
        // update makes that pass anyway, credit waits for it.
        metrics.Begin();
        cancellation.ThrowIfRequested();
        FusedCredit? fused = FusesCredit(state)
            ? new FusedCredit(
                Rhythm(state.HeadGroups),
                measure: MeasuresHeadGroups(step),
                (row, rhythm) => Credit(step, row, sequences, advantages, rhythm, flow: null))
            : null;
        bool needsOld = options.Updates > 1 && batch.OldLogProbabilities is null,
            sharesPass = !policy.Model.Decoder.RoundsOtherwiseInTraining;
        IReadOnlyList<RhythmAnalysis>? rhythm = !NeedsRhythm || fused is not null
            ? null
            : policy.Model.ReadRhythm(
                sequences,
                Rhythm(MeasuresHeadGroups(step) ? null : state.HeadGroups),
                scores: (needsOld && sharesPass) || options.Credit.Strategy == CreditStrategy.HighEntropy);
        IReadOnlyList<float[]>? old = batch.OldLogProbabilities
            ?? (!needsOld ? null
                : rhythm is not null && sharesPass ? [.. rhythm.Select(analysis => analysis.LogProbabilities)]
                : policy.Model.LogProbabilitiesAsInTraining(sequences, options.Temperature));
        IReadOnlyList<float[]>? referenceLogs =
            options.Loss.NeedsReference ? reference.LogProbabilitiesAsInTraining(sequences, options.Temperature) : null;
        double[][]? flow = _answer is null ? null : Flow(sequences, metrics);

        // 4. Credit γ, which carries no gradient, and the advantage of each token: Ã = γ · Â, [B][T].
        CreditAssignment[]? credit = fused is not null ? null : [.. sequences.Select((_, i) => Credit(step, i, sequences, advantages, rhythm?[i], flow?[i]))];
        Rollout[] rollouts = [.. sequences.Select((sequence, i) => new Rollout
        {
            Row = i,
            Sequence = sequence,
            Advantages = [.. (credit?[i].Credit ?? Enumerable.Repeat(1.0, sequence.ResponseIds.Length)).Select(gamma => (float)(gamma * advantages.Values[i]))],
            OldLogProbabilities = old?[i],
            ReferenceLogProbabilities = referenceLogs?[i],
            InLoss = !(options.MaskTruncatedCompletions && batch.Truncated[i]),
        })];
        long tokens = rollouts.Where(rollout => rollout.InLoss).Sum(rollout => rollout.Sequence.ResponseIds.Length);
        metrics.Lap("time/attention");

        // 5. Every iteration cuts the responses into random mini-batches, and each of them makes one update. From here on the step is not cancelled: half of it
        // cannot be resumed.
        cancellation.ThrowIfRequested();
        for (int iteration = 0; iteration < options.Iterations; iteration++)
        {
            int[] order = SeededOrder.Permutation(rollouts.Length, options.Seed, step * options.Iterations + iteration, RandomPurpose.MiniBatches);
            foreach (int[] miniBatch in order.Chunk(rollouts.Length / options.MiniBatches))
                metrics.Updated(_update.Run([.. miniBatch.Select(i => rollouts[i])], tokens, fused));
        }

        credit ??= fused!.Credit(sequences);
        rhythm ??= fused?.Analyses(rollouts.Length);
        // Of an update that was skipped it is not known what credit is.
        if (step == 0 && (fused is null || rhythm is not null)) WarnOfNoCredit(sequences, credit);
        Samples = options.LogSamplesEvery is { } every && (step == 0 || (step + 1) % every == 0) ? Describe(batch, advantages, credit) : [];
        HeadGroups? measured = !MeasuresHeadGroups(step) ? null
                : fused is null ? rhythm?[0].Groups
                : fused.NextHeadGroups(_rhythm.HeadRatio),
            headGroups = measured ?? state.HeadGroups;
        metrics.Credited(credit, rhythm, state.HeadGroups, headGroups);
        _state = state with { HeadGroups = headGroups };
        return metrics.End(_state.Tokens);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Evaluate()
    {
        // Only where the model that training begins with is evaluated: later the reward is ready.
        _state = source.Prepare(_state);
        return evaluation!.Measure();
    }

    /// <summary>Whether credit is made of WAAD, FAI or entropies; the controls need none of them, and flow has a pass of its own.</summary>
    private bool NeedsRhythm =>
        options.Credit.Strategy is CreditStrategy.Local or CreditStrategy.Global or CreditStrategy.Coupled or CreditStrategy.HighEntropy;

    /// <summary>Whether the pass of the update gives WAAD and FAI too: it must be the policy that sampled, so the only update and without dropout, and head
    /// groups must be known before.</summary>
    private bool FusesCredit(PolicyOptimizationState state) =>
        NeedsRhythm
        && options is { RhythmPass: RhythmPassKind.Fused, Updates: 1 }
        && policy.Model.Decoder.Adapter?.Dropout is null
        && (_rhythm.Grouping != HeadGrouping.PerBatch || _rhythm.AllHeads || state.HeadGroups is not null);

    /// <summary>Whether head groups are measured in a step.</summary>
    private bool MeasuresHeadGroups(int step) => _rhythm is { Grouping: HeadGrouping.PerBatch, AllHeads: false } && step % options.HeadGroupsEvery == 0;

    /// <summary>How metrics are computed: with these groups where they are given.</summary>
    private RhythmOptions Rhythm(HeadGroups? headGroups) =>
        headGroups is null ? _rhythm : _rhythm with { Grouping = HeadGrouping.Frozen, FrozenGroups = headGroups };

    private CreditAssignment Credit(int step, int row, TokenSequence[] sequences, GroupAdvantages advantages, RhythmAnalysis? rhythm, double[]? flow)
    {
        int tokens = sequences[row].ResponseIds.Length;
        TokenSignals signals = rhythm is null ? new TokenSignals { Count = tokens, Flow = flow } : TokenSignals.Of(rhythm, flow);
        return RhythmCreditFunction.Assign(
            signals,
            options.Credit,
            (long)RandomUniform.Branch(RandomUniform.Stream(options.Seed, step, (int)RandomPurpose.Credit), row),
            advantages.Values[row]);
    }

    /// <summary>What flows from question to answer through each response token; NaN throughout a response without an answer.</summary>
    private double[][] Flow(TokenSequence[] sequences, StepMetrics metrics)
    {
        double[][] flow = [.. sequences.Select(sequence => Enumerable.Repeat(double.NaN, sequence.ResponseIds.Length).ToArray())];
        (int Row, FlowSequence Sequence)[] answered = [.. sequences.Index()
            .Select(entry => (entry.Index, entry.Item, Answer: _answer!.Find(entry.Item.ResponseIds))).Where(entry => entry.Answer is not null)
            .Select(entry => (entry.Index, new FlowSequence(entry.Item, entry.Answer!.Value)))];
        IReadOnlyList<FlowAnalysis> analyses = policy.Model.AnalyzeFlow([.. answered.Select(entry => entry.Sequence)], _rhythm.Layers);
        for (int i = 0; i < answered.Length; i++) flow[answered[i].Row] = analyses[i].ResponseThroughput;
        metrics.Traced(answered.Length, sequences.Length);
        return flow;
    }

    /// <summary>The responses to the step's first prompt.</summary>
    private LoggedSample[] Describe(RolloutBatch batch, GroupAdvantages advantages, CreditAssignment[] credit) =>
    [
        .. batch.Sequences.Take(options.Generations).Select((sequence, i) => new LoggedSample
        {
            Prompt = TokenText.Join(policy.Model, sequence.PromptIds),
            PromptTokens = TokenText.Parts(policy.Model, sequence.PromptIds),
            Response = options.TextOf(policy.Model, sequence.ResponseIds),
            Reward = advantages.Rewards[i],
            Advantage = advantages.Values[i],
            TokenIds = sequence.ResponseIds,
            Tokens = Array.ConvertAll(TokenText.Split(policy.Model, sequence.ResponseIds), piece => piece.ToString()),
            Roles = credit[i].Roles,
            Credit = credit[i].Credit,
            FinishReason = batch.Ends[i],
        }),
    ];

    /// <summary>Credit that finds no token leaves plain policy optimization, and nothing else would say so.</summary>
    private void WarnOfNoCredit(TokenSequence[] sequences, CreditAssignment[] credit)
    {
        CreditStrategy strategy = options.Credit.Strategy;
        if (strategy == CreditStrategy.Uniform || options.Credit.Fraction == 0 || credit.Any(one => one.Roles.Any(role => role != TokenRoles.None))) return;
        double mean = sequences.Average(sequence => sequence.ResponseIds.Length);
        string why = strategy switch
        {
            CreditStrategy.Flow => "FlowAnswer finds an answer in none of them. Check the expression on a response of the model.",
            CreditStrategy.Global or CreditStrategy.Coupled => FormattableString.Invariant(
                $"FAI is not defined for the last Rhythm.MinimumHorizon ({_rhythm.MinimumHorizon}) tokens of a response, and responses have {mean:G3} tokens in the mean. Lower it, or set Rhythm.ShrinkHorizon."),
            _ => FormattableString.Invariant($"responses have {mean:G3} tokens in the mean, too few to rank them."),
        };
        warn($"{strategy} credit amplifies no token of the first step, so that it trains as Uniform does: {why}");
    }

    private void WarnAtFirst(RolloutBatch batch, GroupAdvantages advantages)
    {
        if (options.Loss is { Type: PolicyLossType.Cispo, EpsilonHigh: null })
            warn(FormattableString.Invariant(
                $"Loss.EpsilonHigh is null, so Cispo caps the weight of every token at Epsilon ({options.Loss.Epsilon}), as TRL does: set it to the cap that you want, about 5."));
        int responses = batch.Truncated.Length, cut = batch.Truncated.Count(truncated => truncated);
        if (10L * cut >= 9L * responses)
            warn(
                $"{cut} of the {responses} responses of the first step were cut at MaxNewTokens ({options.MaxNewTokens}) without ending: raise it, or check that the model knows how to end a response.");
        if (advantages.Rewards.All(double.IsNaN))
            warn("No response of the first step has a reward, so nothing is learnt from it. Check the reward on a response of the model.");
        else if (advantages.Values.All(value => value == 0))
            warn(FormattableString.Invariant(
                $"No response of the first step has an advantage: the rewards in every group are equal (mean {advantages.Metrics["reward"]:G4}), so nothing is learnt from it. Check the reward on a response of the model, begin with easier prompts or a better model, or raise Generations ({options.Generations})."));
    }
}
