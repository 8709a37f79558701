using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>Reinforcement learning.</summary>
internal sealed record PolicyOptimizationConfig : TrainConfig
{
    [JsonPropertyOrder(-9)]
    public override TrainMethod Method { get; init; } = TrainMethod.PolicyOptimization;

    /// <summary>What prompts ask, and what reward there is where no other is given. Default countdown.</summary>
    [JsonPropertyOrder(-4)]
    public TrainTask Task { get; init; } = TrainTask.Countdown;

    /// <summary>What is asked; null, of Countdown, = problems that are drawn.</summary>
    [JsonPropertyOrder(-3)]
    public PromptConfig<CountdownPrompts>? Prompts { get; init; }

    /// <summary>JSON lines of responses that were sampled elsewhere, with their rewards, to learn from; null = the policy samples. Not with prompts, reward or
    /// evaluation.</summary>
    [JsonPropertyOrder(-3)]
    public string? Rollouts { get; init; }

    /// <summary>A reward, or a list of those that are added; null = the task's.</summary>
    [JsonPropertyOrder(-2)]
    public IReadOnlyList<RewardTerm>? Reward { get; init; }

    /// <summary>What the policy is evaluated on as <see cref="TrainingOptions.EvaluateEvery"/> says; null = nothing.</summary>
    [JsonPropertyOrder(-1)]
    public PromptConfig<HeldOutCountdown>? Evaluation { get; init; }

    /// <summary>The trainer's options.</summary>
    public PolicyOptimizationOptions Options { get; init; } = new();

    /// <summary>How Countdown is asked, and answered.</summary>
    internal CountdownFormat CountdownFormat => Prompts?.Asked ?? CountdownFormat.SearchTrace;

    internal override TrainingOptions Training => Options;

    /// <summary>What the trainer is given. Rewards that are not added as they are it is told one by one.</summary>
    internal PolicyOptimizationOptions TrainerOptions => Options.RewardAggregation == RewardAggregation.SumThenNormalize || Reward is not { Count: > 1 } terms
        ? Options
        : Options with { RewardColumnNames = RewardChain.Names(terms), RewardWeights = [.. terms.Select(term => term.Weight)] };

    internal override int Steps(int rows) => Options.Steps;

    internal override bool HasEvaluation => Evaluation is not null;

    internal override GenerationOptions Answers => Options.Sampling(samples: 1, temperature: 0, seed: 0);

    // Flow needs an answer to trace back from, which the report does not look for.
    internal override (RhythmOptions Rhythm, CreditOptions Credit) Analysis => (
        Options.Rhythm ?? new RhythmOptions { Receivers = true, Temperature = Options.Temperature },
        Options.Credit.Strategy == CreditStrategy.Flow ? new CreditOptions() : Options.Credit);

    // As the trainer does it; where a reward fails, a report without it is better than none.
    internal override float? RewardOf(MLContext context, TrainingRows rows, int row, CausalLanguageModel model, int[] response)
    {
        if (Rollouts is not null) return null;
        var answered = new RolloutView(
            StoredRows.Read(context.Data.TakeRows(rows.View, row + 1), _ => () => { }),
            TrainerOptions.Prompts,
            model,
            [(row, RolloutResponse.Of(Options, model, response))]);
        var reward = RewardFunction.From(RewardChain.Create(context, this), TrainerOptions.Rewards);
        IHostEnvironment environment = MLNetInternals.GetEnvironment(context.Transforms);
        reward.Fit(environment, answered);
        return (float)reward.Evaluate(environment, answered, MissingReward.LeaveOut, _ => { })[0].Reward;
    }

    public override (TrainingRows Rows, TrainingRows? Evaluation) Load(MLContext context) => (
        Rollouts is not null
            ? RolloutRows.Read(context, Rollouts, Options)
            : TrainingRows.Problems(context, Task, Prompts ?? new PromptConfig<CountdownPrompts> { Countdown = new CountdownPrompts() }, Options.PromptFormat),
        Evaluation is null ? null : TrainingRows.Problems(context, Task, Evaluation, Options.PromptFormat));

    public override PolicyTransformer Fit(
        MLContext context, CausalLanguageModel model, IDataView rows, IDataView? evaluation, RunSettings run) =>
        (Rollouts is not null
            ? context.Policies.Trainers.PolicyOptimization(model, RolloutRows.Columns(rows.Schema), run.Of(TrainerOptions))
            : context.Policies.Trainers.PolicyOptimization(model, RewardChain.Create(context, this), run.Of(TrainerOptions)))
        .Fit(rows, evaluation);
}
