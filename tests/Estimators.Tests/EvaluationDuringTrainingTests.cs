using Microsoft.ML;
using Microsoft.ML.Transforms;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class EvaluationDuringTrainingTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _prompts;
    private readonly IDataView _validation;

    public EvaluationDuringTrainingTests() =>
        (_prompts, _validation) = (
            _ml.Data.LoadFromEnumerable(PromptRow.Make(20)),
            _ml.Data.LoadFromEnumerable(PromptRow.Make(6).Select(row => new PromptRow { Prompt = row.Prompt, Wanted = 0 })));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Validation_prompts_are_answered_every_n_steps_and_after_the_last()
    {
        var told = new ProgressList();
        Fit(Options(steps: 5, every: 2, progress: told)).Dispose();
        told.Where(step => step.Metrics.ContainsKey("eval_reward")).Select(step => step.Step).Should().Equal(2, 4, 5);
        told[1].Metrics.Keys.Should().Contain(["eval_reward", "eval_reward_std", "eval_completions/mean_length", "eval_completions/clipped_ratio"]);
    }

    [Fact]
    public void The_best_policy_is_returned_where_that_is_wanted()
    {
        var told = new ProgressList();
        using PolicyTransformer kept = Fit(Options(steps: 8, every: 1, keepBest: true, progress: told));
        int best = told.MaxBy(step => step.Metrics["eval_reward"])!.Step;
        best.Should().BeLessThan(8);
        using PolicyTransformer upToThere = Fit(Options(steps: best, every: 1));
        TinyModels.Snapshot(kept.Model).ShouldEqual(TinyModels.Snapshot(upToThere.Model));
    }

    [Fact]
    public void The_model_that_training_begins_with_is_evaluated_and_competes_where_that_is_wanted()
    {
        var told = new ProgressList();
        using PolicyTransformer kept = Fit(Options(steps: 8, every: 4, keepBest: true, progress: told) with { EvaluateAtStart = true });
        told.Where(step => step.Metrics.ContainsKey("eval_reward")).Select(step => step.Step).Should().Equal(0, 4, 8);
        told[0].Metrics.Keys.Should().BeEquivalentTo(
            "eval_reward", "eval_reward_std", "eval_rewards/left_out",
            "eval_completions/mean_length", "eval_completions/clipped_ratio", "eval_best_step");
        told.Select(step => step.Remaining is null).Should().Equal(Enumerable.Range(0, 9).Select(step => step == 0));
        told[^1].Metrics["eval_best_step"].Should().Be(0);
        TinyModels.Snapshot(kept.Model).ShouldEqual(TinyModels.Snapshot(_model));
    }

    [Fact]
    public void To_evaluate_the_start_changes_no_bit_of_a_training_whose_reward_learns_from_its_first_step()
    {
        // Divides by the largest of the responses that it is fitted on.
        IEstimator<ITransformer> reward = Reward().Append(_ml.Transforms.NormalizeMinMax("Reward"));
        using var folder = new TemporaryFolder();
        string output = Path.Combine(folder.Path, "run");
        Dictionary<string, float[]> expected = Train(Scaled(steps: 4) with { EvaluateAtStart = false });
        Train(Scaled(steps: 4)).ShouldEqual(expected);

        // Ended after the start and again after two steps: what a run that goes on says of the start stands once.
        foreach (int last in new[] { 0, 2 })
        {
            using var cancel = new CancellationTokenSource();
            Train(Scaled(steps: 4) with
            {
                OutputFolder = output,
                Resume = true,
                CancellationToken = cancel.Token,
                Progress = new ProgressList(step => { if (step.Step == last) cancel.Cancel(); }),
            });
            Directory.EnumerateDirectories(output).Should().HaveCount(last == 0 ? 0 : 1);
        }
        Train(Scaled(steps: 4) with { OutputFolder = output, Resume = true }).ShouldEqual(expected);
        MetricsFile.Read(Path.Combine(output, RunFiles.Metrics)).Select(line => line.Step).Should().Equal(0, 1, 2, 3, 4);

        PolicyOptimizationOptions Scaled(int steps) => Options(steps, every: 4) with { ScaleRewards = RewardScale.None, EvaluateAtStart = true };

        Dictionary<string, float[]> Train(PolicyOptimizationOptions options)
        {
            using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(_model, reward, options).Fit(_prompts, _validation);
            return TinyModels.Snapshot(policy.Model);
        }
    }

    [Fact]
    public void A_training_that_is_cancelled_returns_the_best_policy_too()
    {
        using var cancel = new CancellationTokenSource();
        var told = new ProgressList(step => { if (step.Step == 6) cancel.Cancel(); });
        using PolicyTransformer kept = Fit(Options(steps: 8, every: 1, keepBest: true, cancellation: cancel.Token, progress: told));
        int best = told.MaxBy(step => step.Metrics["eval_reward"])!.Step;
        best.Should().BeLessThan(6);
        using PolicyTransformer upToThere = Fit(Options(steps: best, every: 1));
        TinyModels.Snapshot(kept.Model).ShouldEqual(TinyModels.Snapshot(upToThere.Model));
    }

    [Fact]
    public void Training_ends_early_when_nothing_better_comes()
    {
        var told = new ProgressList();
        Fit(Options(steps: 50, every: 1, patience: 2, progress: told)).Dispose();
        int best = told.MaxBy(step => step.Metrics["eval_reward"])!.Step;
        told.Should().HaveCount(best + 2);
    }

    [Fact]
    public void The_best_policy_survives_a_resume()
    {
        using var folder = new TemporaryFolder();
        string output = Path.Combine(folder.Path, "run");
        using PolicyTransformer whole = Fit(Options(steps: 8, every: 1, keepBest: true));
        using var cancel = new CancellationTokenSource();
        Fit(Options(
            steps: 8, every: 1, keepBest: true, output: output, cancellation: cancel.Token,
            progress: new ProgressList(step => { if (step.Step == 6) cancel.Cancel(); }))).Dispose();
        using PolicyTransformer resumed = Fit(Options(steps: 8, every: 1, keepBest: true, output: output, resume: true));
        TinyModels.Snapshot(resumed.Model).ShouldEqual(TinyModels.Snapshot(whole.Model));
    }

    [Fact]
    public void Evaluation_without_validation_rows_and_options_that_need_it_are_refused()
    {
        FluentActions.Invoking(() => _ml.Policies.Trainers.PolicyOptimization(_model, Reward(), Options(steps: 2, every: 1)).Fit(_prompts))
            .Should().Throw<InvalidOperationException>().WithMessage("*EvaluateEvery is 1*no validation rows*");
        FluentActions
            .Invoking(() => _ml.Policies.Trainers.PolicyOptimization(_model, Reward(), Options(steps: 2, every: 1) with { EvaluateEvery = null })
                .Fit(_prompts, _prompts))
            .Should().Throw<InvalidOperationException>().WithMessage("*given validation rows*EvaluateEvery is null*");
        FluentActions
            .Invoking(() => _ml.Policies.Trainers.PolicyOptimization(
                _model, Reward(), new PolicyOptimizationOptions { EvaluateAtStart = true, KeepBest = true, EarlyStoppingPatience = 2 }))
            .Should().Throw<ArgumentException>().WithMessage("*EvaluateAtStart is True*KeepBest is True*EarlyStoppingPatience is 2*");
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(null)]
    public void Evaluations_sample_at_their_own_temperature(double? temperature)
    {
        var answers = new List<(string Prompt, string Response)>();
        var reward = _ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) =>
        {
            output.Reward = row.ResponseTokenIds[0];
            if (row.Wanted == 0) answers.Add((string.Join(' ', row.Prompt), row.Response));
        }, null);
        PolicyOptimizationOptions options = Options(steps: 1, every: 1) with { EvaluationTemperature = temperature };
        _ml.Policies.Trainers.PolicyOptimization(_model, reward, options).Fit(_prompts, _validation).Dispose();
        answers.Should().HaveCount(6 * 4);
        answers.Distinct().Count().Should().Match(count => temperature == 0 ? count == 6 : count > 6, "greedy answers to a prompt are all the same");
    }

    [Fact]
    public void The_log_of_MLNET_gets_a_line_a_step_with_the_main_metrics_and_the_goal()
    {
        var told = new ProgressList();
        var messages = new List<string>();
        _ml.Log += (_, entry) => { if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Info) messages.Add(entry.Message); };
        Fit(Options(steps: 2, every: 2, progress: told) with { Loss = new PolicyLossOptions { Beta = 0.1 } }).Dispose();
        string[] names =
        [
            "frac_reward_zero_std", "completions/mean_length", "completions/clipped_ratio",
            "loss", "entropy", "kl", "grad_norm", "learning_rate", "credit/mean", "step_time",
        ];
        foreach (string line in new[] { Line(1, ["reward", "reward_std", .. names]), Line(2, ["reward", "reward_std", "eval_reward", .. names]) })
            messages.Should().ContainSingle(message => message.EndsWith(line, StringComparison.Ordinal));

        string Line(int step, string[] logged) => $"Step {step}/2: " + string.Join(
            ", ", logged.Select(name => FormattableString.Invariant($"{name} {told[step - 1].Metrics[name]:G4}")));
    }

    [Fact]
    public void What_a_reward_is_made_of_is_measured_in_evaluations_too()
    {
        var told = new ProgressList();
        var reward = Reward().Append(_ml.Transforms.CopyColumns("Liked", "Reward"));
        _ml.Policies.Trainers.PolicyOptimization(_model, reward, Options(steps: 1, every: 1, progress: told)).Fit(_prompts, _validation).Dispose();
        IReadOnlyDictionary<string, double> metrics = told.Single().Metrics;
        metrics["eval_rewards/Liked/mean"].Should().Be(metrics["eval_reward"]);
        metrics["eval_rewards/Liked/std"].Should().Be(metrics["eval_reward_std"]).And.BePositive();
        metrics["rewards/Liked/mean"].Should().NotBe(metrics["eval_rewards/Liked/mean"]);
    }

    [Fact]
    public void Rewards_that_an_evaluation_left_out_are_counted_and_why_is_told()
    {
        var told = new ProgressList();
        var warnings = new List<string>();
        _ml.Log += (_, entry) => { if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(entry.Message); };
        var reward = _ml.Transforms.CustomMapping<RewardInput, RewardOutput>(
            (row, output) => output.Reward = row.Wanted != 0 ? row.ResponseTokenIds[0]
                : row.Prompt[0] == 1 ? throw new FormatException("401 Unauthorized")
                : 1,
            null);
        _ml.Policies.Trainers
            .PolicyOptimization(_model, reward, Options(steps: 1, every: 1, progress: told) with { MissingReward = MissingReward.LeaveOut })
            .Fit(_prompts, _validation).Dispose();
        int failed = 4 * PromptRow.Make(6).Count(row => row.Prompt[0] == 1);
        failed.Should().BePositive();
        told.Single().Metrics["eval_rewards/left_out"].Should().Be(failed);
        warnings.Should()
            .ContainSingle(warning => warning.Contains(
                $"Validation rows: The reward failed on {failed} of 24 responses, which are left out; first on response 0 to the prompt of row",
                StringComparison.Ordinal))
            .Which.Should().Contain("401 Unauthorized.");
    }

    [Fact]
    public void Supervised_fine_tuning_evaluates_its_loss()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(PromptRow.Make(8).Select(row => new { row.Prompt, Response = new[] { 5, 6, 0 } }));
        var told = new ProgressList();
        using PolicyTransformer policy = _ml.Policies.Trainers
            .SupervisedFineTuning(
                _model, new SupervisedFineTuningOptions { Steps = 12, BatchSize = 8, LearningRate = 1e-2, EvaluateEvery = 4, Progress = told })
            .Fit(rows, rows);
        double[] losses = [.. told.Where(step => step.Metrics.ContainsKey("eval_loss")).Select(step => step.Metrics["eval_loss"])];
        losses.Should().HaveCount(3).And.BeInDescendingOrder();
    }

    private static PolicyOptimizationOptions Options(
        int steps, int every, bool keepBest = false, int? patience = null, IProgress<TrainingProgress>? progress = null,
        string? output = null, bool resume = false, CancellationToken cancellation = default) => new()
        {
            Steps = steps,
            PromptsPerStep = 5,
            Generations = 4,
            MaxNewTokens = 6,
            LearningRate = 3e-2,
            Seed = 2,
            EvaluateEvery = every,
            EvaluationGenerations = 4,
            KeepBest = keepBest,
            EarlyStoppingPatience = patience,
            Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
            Progress = progress,
            OutputFolder = output,
            Resume = resume,
            CancellationToken = cancellation,
        };

    private PolicyTransformer Fit(PolicyOptimizationOptions options) =>
        _ml.Policies.Trainers.PolicyOptimization(_model, Reward(), options).Fit(_prompts, _validation);

    /// <summary>Dislikes token 5 in training and likes it in evaluations, so that evaluations fall as training goes on.</summary>
    private CustomMappingEstimator<RewardInput, RewardOutput> Reward() => _ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, reward) =>
    {
        float share = row.ResponseTokenIds.Count(id => id == 5) / (float)row.ResponseTokenIds.Length;
        reward.Reward = row.Wanted == 0 ? share : 1 - share;
    }, null);
}
