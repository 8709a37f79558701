using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class PolicyOptimizationTrainerTests : IDisposable
{
    private const int LikedToken = 5;

    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _prompts;

    public PolicyOptimizationTrainerTests() => _prompts = _ml.Data.LoadFromEnumerable(PromptRow.Make(20));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void The_reward_rises_and_the_model_that_was_passed_in_stays_as_it_is()
    {
        Dictionary<string, float[]> before = TinyModels.Snapshot(_model);
        var told = new ProgressList();
        using PolicyTransformer policy = Trainer(Options(steps: 30, learningRate: 0.02, progress: told)).Fit(_prompts);
        double first = told.Take(3).Average(step => step.Metrics["reward"]), last = told.TakeLast(3).Average(step => step.Metrics["reward"]);
        last.Should().BeGreaterThan(first + 0.3, "a policy can learn to say one token");
        TinyModels.Snapshot(_model).ShouldEqual(before);
        TinyModels.Snapshot(policy.Model).ShouldDiffer(before);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_does_not()
    {
        Dictionary<string, float[]> first = Train(Options(seed: 7)), again = Train(Options(seed: 7)), other = Train(Options(seed: 8));
        again.ShouldEqual(first);
        other.ShouldDiffer(first);
    }

    [Fact]
    public void Every_iteration_is_an_update_on_the_same_responses_whose_ratio_moves_away_from_one()
    {
        ProgressList once = new(), thrice = new();
        Train(Options(steps: 2, learningRate: 0.05, progress: once) with { MiniBatches = 1, Schedule = LearningRateSchedule.Linear });
        Train(Options(steps: 2, learningRate: 0.05, progress: thrice) with { MiniBatches = 1, Schedule = LearningRateSchedule.Linear, Iterations = 3 });
        once[0].Metrics["clip_ratio/region_mean"].Should().Be(0);
        thrice[0].Metrics["clip_ratio/region_mean"].Should().BeGreaterThan(0);
        // Six updates of a falling line in place of two, and the step's value is the mean over its own.
        once.Select(step => step.Metrics["learning_rate"] / 0.05).Should().Equal([1, 1 / 2.0], (a, b) => Math.Abs(a - b) < 1e-12);
        thrice.Select(step => step.Metrics["learning_rate"] / 0.05).Should().Equal([5 / 6.0, 2 / 6.0], (a, b) => Math.Abs(a - b) < 1e-12);
        thrice[0].Metrics["completions/mean_length"].Should().Be(once[0].Metrics["completions/mean_length"]);
    }

    [Fact]
    public void Progress_tells_steps_time_and_TRLs_metrics()
    {
        var told = new ProgressList();
        Train(Options(steps: 3, progress: told));
        told.Select(step => (step.Step, step.TotalSteps)).Should().Equal((1, 3), (2, 3), (3, 3));
        told[0].Remaining.Should().BeGreaterThan(TimeSpan.Zero);
        told[^1].Remaining.Should().Be(TimeSpan.Zero);
        string[] names =
        [
            "num_tokens", "step_time", "completions/mean_length", "completions/min_length", "completions/max_length",
            "completions/mean_terminated_length", "completions/clipped_ratio",
            "rewards/Reward/mean", "rewards/Reward/std", "reward", "reward_std", "frac_reward_zero_std",
            "entropy", "policy_loss", "loss", "grad_norm", "learning_rate",
            "clip_ratio/region_mean", "clip_ratio/low_mean", "clip_ratio/high_mean",
            "credit/mean", "credit/amplified_fraction", "credit/waad_mean", "credit/fai_mean", "credit/head_turnover",
            "time/sample", "time/reward", "time/attention", "time/train",
        ];
        told[^1].Metrics.Keys.Should().Contain(names);
        told[^1].Metrics["num_tokens"].Should().BeGreaterThan(told[0].Metrics["num_tokens"]);
        told[^1].Metrics["credit/mean"].Should().BeInRange(1, 1.5);
        told[^1].Metrics["entropy"].Should().BeInRange(0, Math.Log(TinyModels.Vocabulary) + 1e-3);
    }

    [Fact]
    public void Cancelling_returns_the_policy_of_the_last_complete_step()
    {
        using var cancel = new CancellationTokenSource();
        var told = new ProgressList(progress => { if (progress.Step == 2) cancel.Cancel(); });
        Dictionary<string, float[]> cancelled = Train(Options(steps: 50, progress: told, cancellation: cancel.Token));
        told.Should().HaveCount(2);
        cancelled.ShouldEqual(Train(Options(steps: 2)));
    }

    [Fact]
    public void Cancelling_before_the_first_step_returns_the_policy_unchanged() =>
        Train(Options(cancellation: new CancellationToken(canceled: true))).ShouldEqual(TinyModels.Snapshot(_model));

    [Fact]
    public void Live_tensors_are_flat_over_twenty_steps_and_Fit_leaves_only_the_policy_behind()
    {
        Train(Options(steps: 1));
        long before = LiveTensors.Settle();
        var counts = new List<long>();
        using (PolicyTransformer policy = Trainer(Options(steps: 20, progress: new ProgressList(_ => counts.Add(LiveTensors.Now)))).Fit(_prompts))
        {
            counts.Should().HaveCount(20);
            counts[1..].Should().OnlyContain(count => count == counts[1]);
            using CausalLanguageModel clone = _model.Clone();
            long withClone = LiveTensors.Now;
            clone.Dispose();
            (LiveTensors.Now - before).Should().Be(withClone - LiveTensors.Now, "a policy holds as many tensors as a clone");
        }
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void A_failed_training_leaves_no_tensor_behind()
    {
        Train(Options(steps: 1));
        long before = LiveTensors.Settle();
        FluentActions.Invoking(() => Trainer(Options(), Reward(_ => float.NaN)).Fit(_prompts)).Should().Throw<InvalidOperationException>();
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void The_reward_sees_each_prompt_rows_columns_beside_its_responses()
    {
        var seen = new List<RewardInput>();
        Train(Options(steps: 2, generations: 3), Reward(row =>
        {
            seen.Add(new RewardInput { Prompt = [.. row.Prompt], Wanted = row.Wanted, Response = row.Response, ResponseTokenIds = [.. row.ResponseTokenIds] });
            return row.ResponseTokenIds[0];
        }));
        PromptRow[] rows = PromptRow.Make(20);
        seen.Should().HaveCount(2 * 4 * 3);
        seen.Should().OnlyContain(row => rows.Any(prompt => prompt.Wanted == row.Wanted && prompt.Prompt.SequenceEqual(row.Prompt)));
        seen.Should().OnlyContain(row => row.Response == string.Join(' ', row.ResponseTokenIds));
        seen.Chunk(3).Should().OnlyContain(
            group => group.Select(row => string.Join(' ', row.Prompt)).Distinct().Count() == 1, "answers to one prompt stand together");
    }

    [Theory]
    [InlineData(CreditStrategy.Local)]
    [InlineData(CreditStrategy.Global)]
    [InlineData(CreditStrategy.Coupled)]
    [InlineData(CreditStrategy.HighEntropy)]
    [InlineData(CreditStrategy.Random)]
    public void Credit_changes_what_is_learnt(CreditStrategy strategy)
    {
        // With a pass of its own and one update the passes of the updates are the same, to the bit: what differs comes from credit.
        var told = new ProgressList();
        Train(Of(strategy)).ShouldDiffer(Train(Of(CreditStrategy.Uniform)));
        told.Where(step => step.Step == 1).Select(step => step.Metrics["credit/amplified_fraction"] > 0).Should().Equal(true, false);

        PolicyOptimizationOptions Of(CreditStrategy credit) =>
            Options(credit: credit, miniBatches: 1, progress: told) with { RhythmPass = RhythmPassKind.Separate };
    }

    [Fact]
    public void Flow_credit_is_traced_from_the_answers_that_are_found_and_leaves_other_responses_as_they_are()
    {
        var told = new ProgressList();
        PolicyOptimizationOptions Flow(string pattern) => new()
        {
            Steps = 2,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 12,
            LearningRate = 1e-3,
            Seed = 1,
            MiniBatches = 2,
            FlowAnswer = pattern,
            Progress = told,
            Credit = new CreditOptions { Strategy = CreditStrategy.Flow },
        };
        Dictionary<string, float[]> traced = Train(Flow($@"\b{LikedToken}\b"));
        told[0].Metrics["credit/answered_fraction"].Should().BeInRange(0.01, 1);
        told[0].Metrics["credit/mean"].Should().BeGreaterThan(1);
        traced.ShouldDiffer(Train(Options(credit: CreditStrategy.Uniform)));
        Train(Flow("no such text"));
        told[^1].Metrics["credit/answered_fraction"].Should().Be(0);
        told[^1].Metrics["credit/mean"].Should().Be(1);
    }

    [Fact]
    public void Uniform_credit_with_one_update_a_step_clips_nothing_and_learns()
    {
        var told = new ProgressList();
        Train(Options(steps: 30, learningRate: 0.02, credit: CreditStrategy.Uniform, miniBatches: 1, progress: told));
        told.TakeLast(3).Average(step => step.Metrics["reward"]).Should().BeGreaterThan(told.Take(3).Average(step => step.Metrics["reward"]) + 0.3);
        told.Should().OnlyContain(step => step.Metrics["clip_ratio/region_mean"] == 0, "the only update is made by the policy that sampled");
    }

    [Fact]
    public void A_divergence_from_the_start_is_measured_and_holds_the_policy_back()
    {
        var free = new ProgressList();
        var held = new ProgressList();
        Train(Options(steps: 15, learningRate: 0.01, progress: free));
        Train(Options(steps: 15, learningRate: 0.01, progress: held, loss: new PolicyLossOptions { Beta = 3 }));
        held[0].Metrics["kl"].Should().BeApproximately(0, 0.2);
        held[^1].Metrics["reward"].Should().BeLessThan(free[^1].Metrics["reward"]);
    }

    [Theory]
    [InlineData(RhythmPassKind.Fused)]
    [InlineData(RhythmPassKind.Separate)]
    public void An_entropy_bonus_keeps_the_policy_uncertain(RhythmPassKind pass)
    {
        ProgressList free = [], uncertain = [];
        Train(Options(steps: 15, learningRate: 0.01, miniBatches: 1, progress: free) with { RhythmPass = pass });
        Train(Options(steps: 15, learningRate: 0.01, miniBatches: 1, progress: uncertain, loss: new PolicyLossOptions { EntropyCoefficient = 2 }) with
        {
            RhythmPass = pass,
        });
        uncertain[^1].Metrics["entropy"].Should().BeGreaterThan(free[^1].Metrics["entropy"] + 0.2);
        uncertain[0].Metrics["entropy_coef"].Should().Be(2);
        uncertain[0].Metrics["loss"]
            .Should().BeApproximately(uncertain[0].Metrics["policy_loss"] - 2 * uncertain[0].Metrics["entropy"], 1e-5);
    }

    [Fact]
    public void Truncated_responses_can_be_left_out()
    {
        ProgressList masked = [], inParts = [], counted = [];
        Train(Options(steps: 1, maskTruncated: true, progress: masked));
        Train(Options(steps: 1, maskTruncated: true, miniBatches: 1, progress: inParts) with { GradientAccumulationSteps = 16 });
        Train(Options(steps: 1, progress: counted));
        masked[0].Metrics["completions/clipped_ratio"].Should().BeInRange(0.1, 0.9);
        masked[0].Metrics["reward_std"].Should().Be(counted[0].Metrics["reward_std"]).And.BePositive("left out of the loss is not left out of the comparison");
        masked[0].Metrics["grad_norm"].Should().BePositive().And.NotBe(counted[0].Metrics["grad_norm"]);
        inParts[0].Metrics["entropy"]
            .Should().BeApproximately(masked[0].Metrics["entropy"], 0.2, "a part in which nothing counts has no entropy, which is not one of 0");
    }

    [Fact]
    public void The_policy_answers_prompts_and_a_following_rhythm_analyses_the_trained_policy()
    {
        PolicyOptimizationTrainer trainer = Trainer(Options(steps: 5, learningRate: 0.02));
        var chain = trainer.Append(_ml.Transforms.AttentionRhythm(model: null, new AttentionRhythmOptions { Grouping = RhythmGrouping.PerSequence }));
        using TransformerChain<AttentionRhythmTransformer> fitted = chain.Fit(_prompts);
        CausalLanguageModel trained = fitted.OfType<PolicyTransformer>().Single().Model;
        IDataView analysed = fitted.Transform(_prompts);
        int[][] prompts = [.. PromptRow.Make(20).Select(row => row.Prompt)], responses = [.. analysed.GetColumn<int[]>("ResponseTokenIds")];
        float[][] logs = [.. analysed.GetColumn<float[]>("LogProbability")];
        for (int i = 0; i < prompts.Length; i++)
        {
            float[] expected = trained.AnalyzeRhythm([new TokenSequence(prompts[i], responses[i])], new RhythmOptions())[0].LogProbabilities;
            logs[i].Zip(expected, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
        }
    }

    [Fact]
    public void The_schema_that_is_promised_is_the_schema_that_is_delivered()
    {
        PolicyOptimizationTrainer trainer = Trainer(Options(steps: 1));
        using PolicyTransformer policy = trainer.Fit(_prompts);
        trainer.GetOutputSchema(MLNetInternals.CreateShape(_prompts.Schema)).Select(column => column.Name)
            .Should().Equal(policy.GetOutputSchema(_prompts.Schema).Select(column => column.Name));
    }

    [Fact]
    public void Named_arguments_make_the_options_that_they_name()
    {
        var trainers = new MLContext().Policies.Trainers;
        CustomMappingEstimator<RewardInput, RewardOutput> reward = Reward(_ => 1);
        FluentActions.Invoking(() => trainers.PolicyOptimization(_model, reward, steps: 0, learningRate: 0, maxNewTokens: 0))
            .Should().Throw<InvalidOptionsException>()
            .Which.Violations.Select(one => one.Option).Should().Equal("LearningRate", "Steps", "MaxNewTokens");
        FluentActions
            .Invoking(() => trainers.PolicyOptimization(_model, reward.Fit(_ml.Data.LoadFromEnumerable(Array.Empty<RewardInput>())), steps: 0))
            .Should().Throw<InvalidOptionsException>().WithMessage("*Steps is 0*");
        FluentActions.Invoking(() => trainers.PolicyOptimization(_model, new RecordedRollouts(), CreditStrategy.Flow))
            .Should().Throw<InvalidOptionsException>().WithMessage("*FlowAnswer is null*");
    }

    [Fact]
    public void A_trained_MLNET_model_is_a_reward()
    {
        // It learns from labelled texts that answers with a 5 are good, and the policy learns from it.
        var random = new Random(3);
        IDataView labelled = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 300)
            .Select(_ => string.Join(' ', Enumerable.Range(0, 6).Select(_ => $"t{random.Next(1, TinyModels.Vocabulary)}")))
            .Select(text => new { Response = text.Replace("t", "", StringComparison.Ordinal), Label = text.Contains("t5", StringComparison.Ordinal) }));
        var classifier = _ml.Transforms.Text.TokenizeIntoWords("Words", "Response")
            .Append(_ml.Transforms.Text.ProduceHashedWordBags("Features", "Words", numberOfBits: 8, ngramLength: 1))
            .Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression());
        ITransformer judge = classifier.Fit(labelled);
        var told = new ProgressList();
        var options = new PolicyOptimizationOptions
        {
            Steps = 25,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 12,
            LearningRate = 2e-2,
            Seed = 1,
            RewardColumnName = "Probability",
            Progress = told,
            Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
        };
        using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(_model, judge, options).Fit(_prompts);
        told[0].Metrics.Keys.Should().Contain("rewards/Probability/mean");
        told.TakeLast(3).Average(step => step.Metrics["reward"]).Should().BeGreaterThan(told.Take(3).Average(step => step.Metrics["reward"]) + 0.1);
    }

    [Fact]
    public void What_a_reward_is_made_of_is_measured_too()
    {
        var told = new ProgressList();
        var reward = _ml.Transforms.CustomMapping<RewardInput, RewardParts>(
            (row, parts) => (parts.First, parts.Long, parts.Reward) =
                (row.ResponseTokenIds[0], row.ResponseTokenIds.Length, row.ResponseTokenIds[0] + row.ResponseTokenIds.Length),
            null);
        Train(Options(steps: 1, progress: told), reward);
        IReadOnlyDictionary<string, double> metrics = told[0].Metrics;
        metrics["rewards/Long/mean"].Should().BeApproximately(metrics["completions/mean_length"], 1e-6);
        (metrics["rewards/First/mean"] + metrics["rewards/Long/mean"]).Should().BeApproximately(metrics["reward"], 1e-6);
        metrics["rewards/First/std"].Should().BeGreaterThan(0);
        metrics.Keys.Should().NotContain("rewards/Wanted/mean", "a column of the prompts is no reward");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Responses_of_one_token_have_no_anchor_and_credit_one(int miniBatches)
    {
        var told = new ProgressList();
        Train(Options(steps: 2, maxNewTokens: 1, miniBatches: miniBatches, progress: told), Reward(row => row.ResponseTokenIds[0]));
        told[^1].Metrics["credit/mean"].Should().Be(1);
        told[^1].Metrics["credit/fai_mean"].Should().Be(double.NaN);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_bfloat16_too_the_first_ratios_are_1_and_nothing_diverges_from_the_reference(bool lora)
    {
        var told = new ProgressList();
        var loss = new PolicyLossOptions { Beta = 0.04, Epsilon = 1e-5 };
        PolicyOptimizationOptions options = Options(steps: 1, learningRate: 1e-12, loss: loss, progress: told) with
        {
            Bf16 = true,
            Lora = lora ? new LoraOptions { Rank = 2 } : null,
        };
        Trainer(options, Reward(row => row.ResponseTokenIds[0])).Fit(_prompts).Dispose();
        told[0].Metrics["clip_ratio/region_mean"].Should().Be(0);
        told[0].Metrics["kl"].Should().BeLessThan(1e-9);
    }

    private static PolicyOptimizationOptions Options(
        int steps = 2, long seed = 1, double learningRate = 1e-3, int generations = 4, int miniBatches = 2, int maxNewTokens = 12,
        bool maskTruncated = false, CreditStrategy credit = CreditStrategy.Coupled, PolicyLossOptions? loss = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) => new()
        {
            Steps = steps,
            Seed = seed,
            LearningRate = learningRate,
            PromptsPerStep = 4,
            Generations = generations,
            MiniBatches = miniBatches,
            MaxNewTokens = maxNewTokens,
            MaskTruncatedCompletions = maskTruncated,
            Credit = new CreditOptions { Strategy = credit },
            Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
            Loss = loss ?? new PolicyLossOptions(),
            Progress = progress,
            CancellationToken = cancellation,
        };

    private CustomMappingEstimator<RewardInput, RewardOutput> Reward(Func<RewardInput, float> score) =>
        _ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, reward) => reward.Reward = score(row), null);

    private PolicyOptimizationTrainer Trainer(PolicyOptimizationOptions options, IEstimator<ITransformer>? reward = null) =>
        _ml.Policies.Trainers.PolicyOptimization(
            _model, reward ?? Reward(row => row.ResponseTokenIds.Count(id => id == LikedToken) / (float)row.ResponseTokenIds.Length), options);

    private Dictionary<string, float[]> Train(PolicyOptimizationOptions options, IEstimator<ITransformer>? reward = null)
    {
        using PolicyTransformer policy = Trainer(options, reward).Fit(_prompts);
        return TinyModels.Snapshot(policy.Model);
    }

    private sealed class RewardParts
    {
        public float First { get; set; }

        public float Long { get; set; }

        public float Reward { get; set; }
    }
}
