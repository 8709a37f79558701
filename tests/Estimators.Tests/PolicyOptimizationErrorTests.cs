using System.Globalization;
using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class PolicyOptimizationErrorTests : TrainerFixture
{
    [Fact]
    public void All_options_out_of_range_are_named_at_once() =>
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions
        {
            Generations = 1,
            Temperature = 0,
            TopK = 1,
            TopP = 0,
            MinP = 1,
            SamplingBatchSize = 0,
            EvaluationTemperature = 1e-7,
            LearningRate = -1,
            Loss = new PolicyLossOptions { Epsilon = -2 },
        })).Should().Throw<ArgumentException>().WithMessage(
            "*LearningRate is -1*Generations is 1, expected at least 2*Temperature is 0*TopK is 1, expected 0 (all), or 2 or more*TopP is 0*MinP is 1*SamplingBatchSize is 0*EvaluationTemperature is 1E-07*Loss.Epsilon is -2*");

    [Fact]
    public void Parts_that_do_not_divide_the_batch_are_refused() =>
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions { PromptsPerStep = 5, Generations = 3, MiniBatches = 4 }))
            .Should().Throw<ArgumentException>().WithMessage("*MiniBatches is 4*divides the 15 responses*PromptsPerStep 5*Generations 3*");

    [Fact]
    public void Numbers_whose_products_are_beyond_an_int_are_refused_too() =>
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions
        {
            PromptsPerStep = 1 << 20,
            Generations = 1 << 20,
            MiniBatches = 1 << 16,
            GradientAccumulationSteps = 1 << 16,
        })).Should().Throw<ArgumentException>().WithMessage(
            "*PromptsPerStep is 1048576, expected*at most 2147483647 responses a step (Generations 1048576)*");

    [Fact]
    public void A_rhythm_at_another_temperature_is_refused() =>
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions { Temperature = 0.7, Rhythm = new RhythmOptions() }))
            .Should().Throw<ArgumentException>().WithMessage("*Rhythm.Temperature is 1, expected the sampling Temperature, 0.7*");

    [Fact]
    public void What_would_do_nothing_together_is_refused()
    {
        Refused(
            new PolicyOptimizationOptions { Loss = new PolicyLossOptions { ImportanceSampling = ImportanceSampling.Sequence } },
            "*Loss.ImportanceSampling is Sequence, expected SequenceToken with Coupled credit*");
        Refused(
            new PolicyOptimizationOptions { Loss = new PolicyLossOptions { Type = PolicyLossType.Cispo, DualClip = 3 } },
            "*Loss.DualClip is 3, expected null with Cispo*");
        Refused(
            new PolicyOptimizationOptions { Loss = new PolicyLossOptions { Type = PolicyLossType.Cispo, Delta = 4 } },
            "*Loss.Delta is 4, expected null with Cispo*");
        Refused(
            new PolicyOptimizationOptions { Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, Receivers = true } },
            "*Rhythm.Receivers is True*");
        Refused(
            new PolicyOptimizationOptions { HeadGroupsEvery = 2, Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, AllHeads = true } },
            "*HeadGroupsEvery is 2*");
        Refused(
            new PolicyOptimizationOptions { Steps = 0, Credit = new CreditOptions { Normalize = true, Spread = true } },
            "*Steps is 0*Credit.Spread is True*");

        void Refused(PolicyOptimizationOptions options, string message) =>
            FluentActions.Invoking(() => Trainer(options)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void Head_groups_and_layers_that_theModel_does_not_have_are_refused_before_anything_is_sampled()
    {
        HeadGroups groups = new([new HeadIndex(0, 99)], [new HeadIndex(1, 0)]);
        foreach (RhythmOptions rhythm in new[]
        {
            new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = groups },
            new RhythmOptions { Layers = LayerSelection.Of(77) },
        })
            FluentActions
                .Invoking(() => Trainer(
                    new PolicyOptimizationOptions { Steps = 1, PromptsPerStep = 2, Generations = 2, MaxNewTokens = 4, Rhythm = rhythm },
                    Reward(_ => throw new InvalidOperationException("sampled"))).Fit(Rows))
                .Should().Throw<ArgumentException>();
    }

    [Fact]
    public void More_steps_than_can_be_counted_are_refused()
    {
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions { Steps = int.MaxValue, MiniBatches = 2 }))
            .Should().Throw<ArgumentException>()
            .WithMessage("*Steps is 2147483647, expected*at most 2147483647 updates (Iterations 1 · MiniBatches 2 a step)*");
        IDataView rows = Ml.Data.LoadFromEnumerable(Enumerable.Repeat(new { Prompt = new[] { 1 }, Response = new[] { 2 } }, 9));
        FluentActions.Invoking(() => Ml.Policies.Trainers.SupervisedFineTuning(Model, new SupervisedFineTuningOptions { Epochs = int.MaxValue }).Fit(rows))
            .Should().Throw<InvalidOperationException>().WithMessage("*Epochs is 2147483647, and an epoch of these rows has 2 batches*");
    }

    [Fact]
    public void Flow_credit_needs_a_pattern_that_finds_the_answer() =>
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions { Credit = new CreditOptions { Strategy = CreditStrategy.Flow } }))
            .Should().Throw<ArgumentException>().WithMessage("*FlowAnswer is null, expected a regular expression*");

    [Fact]
    public void An_answer_pattern_must_be_one_and_be_used()
    {
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions { FlowAnswer = "(", Credit = new CreditOptions { Strategy = CreditStrategy.Flow } }))
            .Should().Throw<ArgumentException>().WithMessage("*FlowAnswer is (, expected a valid regular expression*");
        FluentActions.Invoking(() => Trainer(new PolicyOptimizationOptions { FlowAnswer = "x" }))
            .Should().Throw<ArgumentException>().WithMessage("*FlowAnswer is x, expected*null with other strategies*");
    }

    [Fact]
    public void Rewards_that_are_all_equal_and_responses_that_are_all_cut_are_told_at_the_first_step()
    {
        string[] warnings = Warnings(() =>
            Trainer(new PolicyOptimizationOptions { Steps = 2, PromptsPerStep = 2, Generations = 2, MaxNewTokens = 1 })
                .Fit(Prompts([1, 2], [2, 3])).Dispose());
        warnings.Should().ContainSingle(warning => warning.Contains("rewards in every group are equal (mean 1)", StringComparison.Ordinal));
        warnings.Should().ContainSingle(warning => warning.Contains("cut at MaxNewTokens (1)", StringComparison.Ordinal));
        Warnings(() => Trainer(
            Options() with { Credit = new CreditOptions { Strategy = CreditStrategy.Local } },
            Reward(row => row.ResponseTokenIds[0])).Fit(Rows).Dispose()).Should().BeEmpty();
    }

    [Fact]
    public void Fewer_prompts_than_a_step_takes_are_told()
    {
        Warnings(() => Trainer(Options() with { PromptsPerStep = 6 }, Reward(row => row.ResponseTokenIds[0])).Fit(Rows).Dispose())
            .Should().ContainSingle().Which.Should().Contain("The data has 5 prompts, fewer than PromptsPerStep (6): a step learns from some of them twice");
        Warnings(() => Trainer(Options() with { PromptsPerStep = 4, EvaluateEvery = 1 }, Reward(row => row.ResponseTokenIds[0]))
            .Fit(Rows, Prompts([1, 2])).Dispose()).Should().BeEmpty("an evaluation takes all prompts once");
    }

    [Theory]
    [InlineData(CreditStrategy.Coupled, 1, "*Coupled credit amplifies no token*Rhythm.MinimumHorizon (10)*responses have * tokens in the mean*ShrinkHorizon*")]
    [InlineData(CreditStrategy.Global, 2, "*Global credit amplifies no token*Rhythm.MinimumHorizon (10)*")]
    [InlineData(CreditStrategy.Flow, 1, "*Flow credit amplifies no token*FlowAnswer finds an answer in none*")]
    public void Credit_that_finds_no_token_is_told_at_the_first_step(CreditStrategy strategy, int miniBatches, string warning)
    {
        PolicyOptimizationOptions options = Options() with
        {
            Steps = 2,
            MiniBatches = miniBatches,
            Rhythm = null,
            Credit = new CreditOptions { Strategy = strategy },
            FlowAnswer = strategy == CreditStrategy.Flow ? "answer" : null,
        };
        Warnings(() => Trainer(options, Reward(row => row.ResponseTokenIds[0])).Fit(Rows).Dispose()).Should().ContainSingle().Which.Should().Match(warning);
        Warnings(() => Trainer(
            options with { Credit = new CreditOptions { Strategy = CreditStrategy.Uniform }, FlowAnswer = null },
            Reward(row => row.ResponseTokenIds[0])).Fit(Rows).Dispose()).Should().BeEmpty();
    }

    [Fact]
    public void Memory_that_runs_out_says_what_to_lower()
    {
        Microsoft.ML.Runtime.IHost host = ((Microsoft.ML.Runtime.IHostEnvironment)Ml).Register("test");
        FluentActions
            .Invoking(() => TrainingLoop.Run(
                host, Model, Options() with { EvaluateEvery = 1 }, Plan(), (_, _) => new Exhausted(() => zeros([1L << 50]).Dispose())))
            .Should().Throw<InsufficientMemoryException>().WithMessage("*Step 1: memory ran out*Lower this.*");
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(NotSupportedException))]
    public void A_checkpoint_that_fails_after_something_else_does_not_hide_it(Type failure)
    {
        using var folder = new TemporaryFolder();
        Microsoft.ML.Runtime.IHost host = ((Microsoft.ML.Runtime.IHostEnvironment)Ml).Register("test");
        PolicyOptimizationOptions options = Options() with { OutputFolder = Path.Combine(folder.Path, "run"), EvaluateEvery = 1, KeepBest = true };
        string[] warnings = Warnings(() => FluentActions
            .Invoking(() => TrainingLoop.Run(host, Model, options, Plan(), (_, _) => new Exhausted(
                () => { },
                () => zeros([1L << 50]).Dispose(),
                () => throw (Exception)Activator.CreateInstance(failure, "no room to save")!)))
            .Should().Throw<InsufficientMemoryException>()
            .WithMessage("*The evaluation after step 1: memory ran out*Lower that. KeepBest holds one more copy*"));
        warnings.Should().Contain(warning => warning.Contains("The checkpoint after step 1 could not be written: no room to save", StringComparison.Ordinal));
    }

    [Fact]
    public void A_tokenizer_with_more_tokens_than_theModel_is_refused_before_anything_is_sampled()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer(vocabulary: 10);
        IDataView prompts = Ml.Data.LoadFromEnumerable([new { Prompt = "a" }]);
        FluentActions.Invoking(() => Ml.Policies.Trainers.PolicyOptimization(model, Reward(_ => 1), Options()).Fit(prompts))
            .Should().Throw<InvalidOperationException>().WithMessage("*tokenizer has 12 tokens*embedding 10*");
    }

    [Fact]
    public void Numbers_in_messages_are_the_same_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture, commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (commas.NumberFormat.NumberDecimalSeparator, CultureInfo.CurrentCulture) = (",", commas);
        try
        {
            var messages = new List<string>();
            Ml.Log += (_, entry) => messages.Add(entry.Message);
            Trainer(Options() with { Loss = new PolicyLossOptions { Type = PolicyLossType.Cispo }, LogSamplesEvery = 1 }, Reward(_ => 0.25f))
                .Fit(Rows).Dispose();
            using var policy = new LearningPolicy(Model, Options() with { MaxGradientNorm = 0.5 }, totalUpdates: 9);
            policy.NotFinite("it is not finite").Message.Should().Contain("MaxGradientNorm (0.5)");
            messages.Where(message => System.Text.RegularExpressions.Regex.IsMatch(message, @"\d,\d")).Should().BeEmpty();
            messages.Should()
                .Contain(message => message.Contains("mean 0.25", StringComparison.Ordinal))
                .And.Contain(message => message.Contains("Epsilon (0.2)", StringComparison.Ordinal))
                .And.Contain(message => message.Contains("Reward 0.25", StringComparison.Ordinal));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Cispo_whose_cap_is_that_of_the_other_losses_is_told()
    {
        string[] Told(double? cap) => Warnings(() => Trainer(
                Options() with { Loss = new PolicyLossOptions { Type = PolicyLossType.Cispo, EpsilonHigh = cap } },
                Reward(row => row.ResponseTokenIds[0]))
            .Fit(Rows).Dispose());
        Told(null).Should().ContainSingle().Which.Should().Contain("Cispo caps the weight of every token at Epsilon (0.2)");
        Told(5).Should().BeEmpty();
    }

    [Fact]
    public void Errors_in_validation_rows_say_that_they_are_there()
    {
        PolicyOptimizationOptions options = Options() with { EvaluateEvery = 1 };
        FluentActions.Invoking(() => Trainer(options).Fit(Rows, Prompts([1], [2, 99])))
            .Should().Throw<ArgumentException>().WithMessage("Validation rows: Row 1*99*");
        FluentActions.Invoking(() => Trainer(options).Fit(Rows, Ml.Data.LoadFromEnumerable([new { Question = "a" }])))
            .Should().Throw<ArgumentException>().WithMessage("Validation rows: *'Prompt'*");
        FluentActions
            .Invoking(() => Trainer(options, Reward(row => row.Wanted == 77 ? float.NaN : row.ResponseTokenIds[0]))
                .Fit(Rows, Ml.Data.LoadFromEnumerable([new PromptRow { Prompt = [1], Wanted = 77 }])))
            .Should().Throw<InvalidOperationException>().WithMessage("Validation rows: The reward of * row 0 is NaN*");
        FluentActions
            .Invoking(() => Ml.Policies.Trainers.SupervisedFineTuning(Model, new SupervisedFineTuningOptions()).Fit(Supervised(6), Supervised(99)))
            .Should().Throw<ArgumentException>().WithMessage("Validation rows: Row 0*99*");

        IDataView Supervised(int id) => Ml.Data.LoadFromEnumerable([new { Prompt = new[] { 1 }, Response = new[] { id } }]);
    }

    [Fact]
    public void NoRows_are_refused() => Failing<ArgumentException>(Ml.Data.LoadFromEnumerable(Array.Empty<PromptRow>())).WithMessage("*no rows*");

    [Fact]
    public void A_missing_prompt_column_is_named() =>
        Failing<ArgumentOutOfRangeException>(Ml.Data.LoadFromEnumerable([new { Question = "a" }])).WithMessage("*'Prompt'*Question*");

    [Fact]
    public void A_prompt_column_of_another_type_is_named() =>
        Failing<ArgumentOutOfRangeException>(Ml.Data.LoadFromEnumerable([new { Prompt = 1f }])).WithMessage("*'Prompt'*Single*");

    [Fact]
    public void Text_for_aModel_without_tokenizer_is_refused() =>
        Failing<InvalidOperationException>(Ml.Data.LoadFromEnumerable([new { Prompt = "a" }])).WithMessage("*'Prompt' is text*tokenizer*");

    [Fact]
    public void A_prompt_that_leaves_no_room_for_the_response_is_named_by_its_row() =>
        Failing<ArgumentException>(Prompts([1], new int[TinyModels.Context]))
            .WithMessage($"*Row 1*{TinyModels.Context} tokens*context of {TinyModels.Context}*");

    [Fact]
    public void A_token_outside_the_vocabulary_is_named_by_its_row() =>
        Failing<ArgumentException>(Prompts([1], [2, 99])).WithMessage("*Row 1*99*tokenizer and the model belong together*");

    [Fact]
    public void An_empty_prompt_is_named_by_its_row() => Failing<ArgumentException>(Prompts([1], [])).WithMessage("*Row 1*no tokens*");

    [Fact]
    public void A_loss_that_is_not_a_number_stops_and_leaves_the_policy_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var policy = new LearningPolicy(Model, Options(), totalUpdates: 9);
        policy.Invoking(it => it.Accumulate(it.Model.Decoder.Weights.Embedding.sum() * double.NaN))
            .Should().Throw<NotFiniteNumberException>().WithMessage("Update 1 of 9: the loss is NaN*LearningRate*");
        TinyModels.Snapshot(policy.Model).ShouldEqual(TinyModels.Snapshot(Model));
    }

    [Fact]
    public void A_gradient_that_is_not_finite_stops_and_leaves_the_policy_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var policy = new LearningPolicy(Model, Options(), totalUpdates: 9);
        policy.Accumulate((policy.Model.Decoder.Weights.Storage.Select(weight => (weight - weight.detach()).sqrt().sum()).Aggregate((a, b) => a + b)));
        policy.Invoking(it => it.Clip()).Should().Throw<NotFiniteNumberException>().WithMessage("*gradient norm*");
        TinyModels.Snapshot(policy.Model).ShouldEqual(TinyModels.Snapshot(Model));
    }

    [Theory]
    [InlineData(float.NaN, -1)]
    [InlineData(1, float.NaN)]
    [InlineData(1, float.NegativeInfinity)]
    [InlineData(1, float.PositiveInfinity)]
    public void An_update_whose_advantage_or_ratio_is_not_finite_can_be_skipped_and_is_counted(float advantage, float old)
    {
        using CausalLanguageModel model = TinyModels.Create();
        var options = new PolicyOptimizationOptions { PromptsPerStep = 1, Generations = 2, NonFinite = NonFiniteUpdate.Skip };
        using var policy = new LearningPolicy(model, options, totalUpdates: 9);
        Rollout[] rollouts = [.. Enumerable.Range(0, 2).Select(row => new Rollout
        {
            Row = row,
            Sequence = new TokenSequence([1], [2, 3]),
            Advantages = [advantage, 1],
            OldLogProbabilities = [old, -1],
        })];
        IReadOnlyDictionary<string, double> metrics = new PolicyUpdate(policy, options).Run(rollouts, tokensInBatch: 4);
        metrics["skipped_updates"].Should().Be(1);
        policy.Updates.Should().Be(1, "the learning rate goes on as planned");
        policy.Gradients.Should().BeEmpty();
        TinyModels.Snapshot(policy.Model).ShouldEqual(TinyModels.Snapshot(model));
    }

    [Fact]
    public void Attention_of_the_updates_own_pass_that_is_not_finite_skips_it_too()
    {
        using CausalLanguageModel model = TinyModels.Create();
        var options = new PolicyOptimizationOptions { PromptsPerStep = 1, Generations = 2, NonFinite = NonFiniteUpdate.Skip };
        using var policy = new LearningPolicy(model, options, totalUpdates: 9);
        Tensor weight = policy.Trainable[0].Tensor;
        using (no_grad()) weight.fill_(float.NaN);
        policy.Changed();
        Rollout[] rollouts = [.. Enumerable.Range(0, 2).Select(row => new Rollout
        {
            Row = row,
            Sequence = new TokenSequence([1], [2, 3]),
            Advantages = [1, 1],
        })];
        FusedCredit Fused() => new(
            new RhythmOptions { Grouping = HeadGrouping.PerSequence, MinimumHorizon = 1, MaximumHorizon = 2 },
            measure: false,
            (row, rhythm) => CreditAssignment.Uniform(2));
        new PolicyUpdate(policy, options).Run(rollouts, tokensInBatch: 4, Fused())["skipped_updates"].Should().Be(1);
        FluentActions
            .Invoking(() => new PolicyUpdate(policy, options with { NonFinite = NonFiniteUpdate.Stop }).Run(rollouts, tokensInBatch: 4, Fused()))
            .Should().Throw<NotFiniteNumberException>().WithMessage("Update 2 of 9: the attention of its own pass is not finite*LearningRate*")
            .WithInnerException<NotFiniteNumberException>().WithMessage("Row 0: *");
    }

    [Fact]
    public void Weights_that_are_not_float32_are_refused()
    {
        using var folder = new TemporaryFolder();
        Model.SavePretrained(folder.Path);
        using CausalLanguageModel half = CausalLanguageModel.FromPretrained(folder.Path, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, half, Reward(_ => 1), Options()).Fit(Rows))
            .Should().Throw<NotSupportedException>().WithMessage("*BFloat16*Float32*");
    }

    private static TrainingPlan Plan() => new(
        "test", DateTimeOffset.Now, Steps: 2, UpdatesPerStep: 1, Data: () => "", Validation: () => "", Goal: "", HigherIsBetter: true,
        MemoryAdvice: "Lower this.", EvaluationMemoryAdvice: "Lower that.");

    /// <summary>Steps that ask for too much.</summary>
    private sealed class Exhausted(Action step, Action? evaluation = null, Func<object>? state = null) : ITrainingRun
    {
        public object State
        {
            get => state?.Invoke() ?? new object();
            set { }
        }

        public IReadOnlyList<LoggedSample> Samples => [];

        public IReadOnlyDictionary<string, double> Run(int _)
        {
            step();
            return new Dictionary<string, double>();
        }

        public IReadOnlyDictionary<string, double> Evaluate()
        {
            evaluation?.Invoke();
            return new Dictionary<string, double>();
        }
    }
}
