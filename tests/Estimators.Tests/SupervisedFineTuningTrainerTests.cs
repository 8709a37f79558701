using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class SupervisedFineTuningTrainerTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _rows;

    public SupervisedFineTuningTrainerTests() => _rows = _ml.Data.LoadFromEnumerable(Rows(10));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void All_rows_in_one_batch_are_a_batch_however_large_it_may_be()
    {
        var told = new ProgressList();
        IDataView rows = _ml.Data.LoadFromEnumerable(Enumerable.Repeat(new { Prompt = new[] { 1 }, Response = new[] { 2 } }, 10));
        _ml.Policies.Trainers
            .SupervisedFineTuning(_model, new SupervisedFineTuningOptions { BatchSize = int.MaxValue, Epochs = 2, Progress = told })
            .Fit(rows).Dispose();
        told.Select(step => step.Metrics["epoch"]).Should().Equal(1, 2);
    }

    [Fact]
    public void The_loss_falls_and_the_model_that_was_passed_in_stays_as_it_is()
    {
        Dictionary<string, float[]> before = TinyModels.Snapshot(_model);
        var told = new ProgressList();
        Train(Options(steps: 40, learningRate: 0.02, progress: told));
        told[^1].Metrics["loss"].Should().BeLessThan(told[0].Metrics["loss"] / 2);
        TinyModels.Snapshot(_model).ShouldEqual(before);
    }

    [Fact]
    public void Epochs_visit_all_rows_the_last_batch_takes_what_is_left_and_the_schedule_ends_with_them()
    {
        var told = new ProgressList();
        Train(new SupervisedFineTuningOptions { BatchSize = 4, Epochs = 2, LearningRate = 1e-3, WarmupSteps = 1, Progress = told });
        told.Should().HaveCount(6, "ten rows make three batches");
        told.Select(step => step.Metrics["epoch"]).Should().Equal(1 / 3.0, 2 / 3.0, 1, 4 / 3.0, 5 / 3.0, 2);
        told[0].Metrics["learning_rate"].Should().Be(0);
        told[1].Metrics["learning_rate"].Should().Be(1e-3);
        told[^1].Metrics["num_tokens"].Should().Be(2 * Rows(10).Sum(row => row.Prompt.Length + row.Response.Length));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_does_not()
    {
        Dictionary<string, float[]> first = Train(Options(seed: 3));
        Train(Options(seed: 3)).ShouldEqual(first);
        Train(Options(seed: 4)).ShouldDiffer(first);
    }

    [Fact]
    public void Cancelling_returns_the_policy_of_the_last_update()
    {
        using var cancel = new CancellationTokenSource();
        Dictionary<string, float[]> cancelled = Train(Options(
            steps: 50, schedule: LearningRateSchedule.Constant, cancellation: cancel.Token,
            progress: new ProgressList(progress => { if (progress.Step == 3) cancel.Cancel(); })));
        cancelled.ShouldEqual(Train(Options(steps: 3, schedule: LearningRateSchedule.Constant)));
    }

    [Fact]
    public void Updates_that_are_not_finite_stop_or_are_skipped_and_counted()
    {
        Tensor weight = _model.Parameters.Values.First();
        using (no_grad()) weight.fill_(float.NaN);
        FluentActions.Invoking(() => Train(Options(steps: 2))).Should().Throw<NotFiniteNumberException>().WithMessage("Update 1 of 2: the loss is NaN*");
        var told = new ProgressList();
        Train(Options(steps: 2, progress: told) with { NonFinite = NonFiniteUpdate.Skip }).ShouldEqual(TinyModels.Snapshot(_model));
        told.Select(step => step.Metrics["skipped_updates"]).Should().Equal(1, 1);
        told[0].Metrics.Should().ContainKey("learning_rate").And.NotContainKeys("loss", "grad_norm");
    }

    [Fact]
    public void Live_tensors_are_flat_over_twenty_steps_and_nothing_is_left_when_the_policy_is_disposed()
    {
        Train(Options(steps: 1));
        long before = LiveTensors.Settle();
        var counts = new List<long>();
        Train(Options(steps: 20, progress: new ProgressList(_ => counts.Add(LiveTensors.Now))));
        counts[1..].Should().OnlyContain(count => count == counts[1]);
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void Text_responses_end_with_the_end_of_sequence_token_unless_told_otherwise()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        Tokens("2", append: true).Should().Be(9);
        Tokens("2", append: false).Should().Be(8);
        Tokens($"2{model.Tokenizer.IdToToken(TinyModels.EndOfSequence)}", append: true).Should().Be(9, "it is there already");

        double Tokens(string response, bool append)
        {
            IDataView text = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1 =", Response = response }]);
            var told = new ProgressList();
            using PolicyTransformer policy = _ml.Policies.Trainers
                .SupervisedFineTuning(model, new SupervisedFineTuningOptions { Steps = 1, AppendEndOfSequence = append, Progress = told })
                .Fit(text);
            return told[0].Metrics["num_tokens"];
        }
    }

    [Fact]
    public void A_model_learns_to_answer_and_to_end()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        IDataView text = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1 =", Response = "2" }, new { Prompt = "1 + 2 =", Response = "3 abc" }]);
        using PolicyTransformer policy = _ml.Policies.Trainers
            .SupervisedFineTuning(model, new SupervisedFineTuningOptions { Steps = 80, LearningRate = 0.02 })
            .Fit(text);
        IDataView answered = _ml.Transforms.GenerateText(policy.Model, temperature: 0, maxNewTokens: 10).Fit(text).Transform(text);
        answered.GetColumn<string>("Response").Should().Equal("2", "3 abc");
        answered.GetColumn<string>("FinishReason").Should().OnlyContain(reason => reason == "StopToken");
    }

    [Fact]
    public void What_a_model_wrote_is_learnt_as_the_tokens_that_it_sampled()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        IDataView prompts = _ml.Data.LoadFromEnumerable(Enumerable.Repeat(new { Prompt = "1 + 1 =" }, 12));
        IDataView answered = _ml.Transforms.GenerateText(model, maxNewTokens: 3).Fit(prompts).Transform(prompts);
        answered.GetColumn<string>("FinishReason").Distinct().Should().HaveCount(2, "some are cut, and learn no end");
        var told = new ProgressList();
        var options = new SupervisedFineTuningOptions { Steps = 1, BatchSize = 12, Progress = told };
        _ml.Policies.Trainers.SupervisedFineTuning(model, options).Fit(answered).Dispose();
        int prompt = model.Tokenizer.Encode("1 + 1 =").Length;
        told[0].Metrics["num_tokens"].Should().Be(12 * prompt + answered.GetColumn<int[]>("ResponseTokenIds").Sum(ids => ids.Length));
    }

    [Fact]
    public void Every_row_can_be_answered_however_long_its_prompt()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([Row([.. Enumerable.Repeat(3, TinyModels.Context - 2)], [4, 0]), Row([1], [.. Enumerable.Repeat(2, 20)])]);
        using PolicyTransformer policy = _ml.Policies.Trainers.SupervisedFineTuning(_model, new SupervisedFineTuningOptions { Steps = 1 }).Fit(rows);
        policy.Transform(rows).GetColumn<int[]>("ResponseTokenIds").First().Length.Should().BeInRange(1, 2);
        // Where there is room, the longest response is the limit.
        IDataView shorter = _ml.Data.LoadFromEnumerable([Row([.. Enumerable.Repeat(3, 44)], [4]), Row([1], [.. Enumerable.Repeat(2, 20)])]);
        var long44 = new SupervisedFineTuningOptions { Steps = 1, EvaluateEvery = 1 };
        using PolicyTransformer limited = _ml.Policies.Trainers.SupervisedFineTuning(_model, long44).Fit(shorter, shorter);
        limited.Transform(shorter).GetColumn<int[]>("ResponseTokenIds").Max(response => response.Length).Should().BeLessThanOrEqualTo(20);
        using PolicyTransformer validated = _ml.Policies.Trainers.SupervisedFineTuning(_model, long44).Fit(shorter, rows);
        validated.Transform(rows).GetColumn<int[]>("ResponseTokenIds").First().Length.Should().BeInRange(1, 2);
    }

    [Fact]
    public void A_policy_stops_at_the_token_that_training_ends_responses_with()
    {
        var warnings = new List<string>();
        _ml.Log += (_, entry) => { if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(entry.Message); };
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer(eosToken: "e");
        IDataView text = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1 =", Response = "2" }, new { Prompt = "1 + 2 =", Response = "3 abc" }]);
        using PolicyTransformer policy = _ml.Policies.Trainers
            .SupervisedFineTuning(model, new SupervisedFineTuningOptions { Steps = 80, LearningRate = 0.02, EvaluateEvery = 80 })
            .Fit(text, text);
        warnings.Should().ContainSingle().Which.Should().Contain("token 5 ('e')").And.Contain("(0)");
        policy.Model.GenerationConfig.EosTokenIds.Should().Equal(5, 0);
        model.GenerationConfig.EosTokenIds.Should().Equal(0);
        using var folder = new TemporaryFolder();
        policy.Model.SavePretrained(folder.Path);
        using CausalLanguageModel saved = CausalLanguageModel.FromPretrained(folder.Path);
        saved.GenerationConfig.EosTokenIds.Should().Equal(5, 0);
        IDataView answered = policy.Transform(text);
        answered.GetColumn<string>("FinishReason").Should().OnlyContain(reason => reason == "StopToken");
        answered.GetColumn<int[]>("ResponseTokenIds").Should().OnlyContain(ids => ids.Last() == 5);
        // Responses as token ids end with what they end with.
        _ml.Policies.Trainers.SupervisedFineTuning(model, Options()).Fit(_rows).Dispose();
        warnings.Should().ContainSingle();
    }

    [Fact]
    public void Conversations_go_through_the_chat_template_in_training_and_in_the_policy()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer(chatTemplate: "{% for message in messages %}{{ message.content }} {% endfor %}=");
        IDataView rows = _ml.Data.LoadFromEnumerable(
        [
            new { Prompt = """[{"role":"user","content":"1 + 1"}]""", Response = "2" },
            new { Prompt = """{"messages":[{"role":"user","content":"1 + 2"}]}""", Response = "3 abc" },
        ]);
        var told = new ProgressList();
        var options = new SupervisedFineTuningOptions { Steps = 80, LearningRate = 0.02, PromptFormat = PromptFormat.Messages, Progress = told };
        SupervisedFineTuningTrainer trainer = _ml.Policies.Trainers.SupervisedFineTuning(model, options);
        using PolicyTransformer policy = trainer.Fit(rows);
        told[0].Metrics["num_tokens"].Should().Be("1 + 1 =".Length + 2 + "1 + 2 =".Length + 6);
        policy.Transform(rows).GetColumn<string>("Response").Should().Equal("2", "3 abc");
        using CausalLanguageModel plain = TinyModels.CreateWithTokenizer();
        FluentActions.Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(plain, options).Fit(rows))
            .Should().Throw<InvalidOperationException>().WithMessage("*chat template*");
        FluentActions.Invoking(() => trainer.Fit(_ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1", Response = "2" }])))
            .Should().Throw<ArgumentException>().WithMessage("*Row 0*no conversation*");
    }

    [Fact]
    public void Special_tokens_are_added_to_prompts_in_training_where_the_policy_adds_them()
    {
        Tokenizer tokenizer = Tokenizer.FromPretrained(Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", "bytelevel-llama3"));
        using CausalLanguageModel model = TinyModels.Create(tokenizer, tokenizer.VocabularySize);
        Tokens(null).Should().Be(Tokens(new GenerationOptions { AddSpecialTokens = false }) + 1);

        double Tokens(GenerationOptions? generation)
        {
            var told = new ProgressList();
            IDataView rows = _ml.Data.LoadFromEnumerable([new { Prompt = "one", Response = "two" }]);
            var options = new SupervisedFineTuningOptions { Steps = 1, Generation = generation, AppendEndOfSequence = false, Progress = told };
            _ml.Policies.Trainers.SupervisedFineTuning(model, options).Fit(rows).Dispose();
            return told[0].Metrics["num_tokens"];
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cancelling_while_rows_are_read_ends_that(bool byContext)
    {
        using var cancel = new CancellationTokenSource();
        int read = 0;
        IEnumerable<SequenceRow> Endless()
        {
            while (true)
            {
                if (++read == 5 && byContext) _ml.CancelExecution();
                else if (read == 5) cancel.Cancel();
                if (read > 1000) throw new FormatException("nobody stops");
                yield return Row([1, 2], [3]);
            }
        }
        FluentActions
            .Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(_model, Options(cancellation: cancel.Token)).Fit(_ml.Data.LoadFromEnumerable(Endless())))
            .Should().Throw<OperationCanceledException>();
        read.Should().BeLessThan(100);
    }

    [Fact]
    public void A_missing_column_shows_in_the_schema_that_is_promised()
    {
        SupervisedFineTuningTrainer trainer = _ml.Policies.Trainers.SupervisedFineTuning(_model);
        Promise(new { Prompt = new[] { 1 } }).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Response'*Prompt*");
        Promise(new { Response = new[] { 1 } }).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*Response*");
        Promise(new { Prompt = new[] { 1 }, Response = "a" }).Should().Throw<InvalidOperationException>().WithMessage("*'Response' is text*tokenizer*");

        Action Promise<T>(T row) where T : class =>
            () => trainer.GetOutputSchema(MLNetInternals.CreateShape(_ml.Data.LoadFromEnumerable([row]).Schema));
    }

    [Fact]
    public void The_schema_that_is_promised_is_the_schema_that_is_delivered()
    {
        SupervisedFineTuningTrainer trainer = _ml.Policies.Trainers.SupervisedFineTuning(_model, epochs: 1);
        using PolicyTransformer policy = trainer.Fit(_rows);
        // A column that is written again is hidden in a schema and absent from a shape.
        trainer.GetOutputSchema(MLNetInternals.CreateShape(_rows.Schema)).Select(column => column.Name)
            .Should().Equal(policy.GetOutputSchema(_rows.Schema).Where(column => !column.IsHidden).Select(column => column.Name));
    }

    [Fact]
    public void All_options_out_of_range_are_named_at_once() =>
        FluentActions.Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(_model, new SupervisedFineTuningOptions
        {
            BatchSize = 0,
            GradientAccumulationSteps = 2,
            PromptFormat = (PromptFormat)7,
            Epochs = 0,
            LearningRate = 0,
            WarmupSteps = -1,
            Generation = new GenerationOptions { TopK = -1, BatchSize = 3 },
        })).Should().Throw<ArgumentException>().WithMessage(
            "*LearningRate is 0*WarmupSteps is -1*BatchSize is 0*GradientAccumulationSteps is 2*PromptFormat is 7*Epochs is 0*Generation.TopK is -1*Generation.BatchSize is 3*");

    [Fact]
    public void No_rows_are_refused() => Failing<ArgumentException>().WithMessage("*no rows*");

    [Fact]
    public void An_empty_response_is_named_by_its_row() =>
        Failing<ArgumentException>(Row([1], [2]), Row([1], [])).WithMessage("*Row 1*response has no tokens*");

    [Fact]
    public void A_row_longer_than_the_context_is_named() =>
        Failing<ArgumentException>(Row([1], new int[TinyModels.Context])).WithMessage($"*Row 0*context of {TinyModels.Context}. Set MaxLength*");

    [Fact]
    public void Rows_are_cut_at_MaxLength_and_a_warning_counts_them()
    {
        var warnings = new List<string>();
        _ml.Log += (_, entry) => { if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(entry.Message); };
        IDataView Data(params SequenceRow[] rows) => _ml.Data.LoadFromEnumerable(rows);
        Dictionary<string, float[]> Trained(IDataView rows, int? most)
        {
            using PolicyTransformer policy = _ml.Policies.Trainers
                .SupervisedFineTuning(_model, new SupervisedFineTuningOptions { Steps = 2, LearningRate = 0.01, MaxLength = most })
                .Fit(rows);
            return TinyModels.Snapshot(policy.Model);
        }

        IDataView whole = Data(Row([1, 2], [3, 4, 5, 6]), Row([1, 3], [.. Enumerable.Repeat(7, TinyModels.Context)]), Row([4], [5]));
        Trained(whole, most: 5).Should().BeEquivalentTo(
            Trained(Data(Row([1, 2], [3, 4, 5]), Row([1, 3], [7, 7, 7]), Row([4], [5])), most: null),
            options => options.WithStrictOrdering());
        warnings.Should().ContainSingle().Which.Should().Contain("2 of 3 rows were cut at MaxLength (5 tokens");
    }

    [Fact]
    public void Prompts_that_MaxLength_leaves_no_response_are_named_by_their_rows() =>
        FluentActions
            .Invoking(() => _ml.Policies.Trainers
                .SupervisedFineTuning(_model, new SupervisedFineTuningOptions { MaxLength = 3 })
                .Fit(_ml.Data.LoadFromEnumerable([Row([1], [2]), Row([1, 2, 3], [4]), Row([1, 2, 3, 4], [4])])))
            .Should().Throw<ArgumentException>().WithMessage("*2 rows leave no room*MaxLength (3)*: 1, 2. Raise*");

    [Fact]
    public void MaxLength_beyond_the_context_is_refused() =>
        FluentActions
            .Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(_model, new SupervisedFineTuningOptions { MaxLength = TinyModels.Context + 1 }))
            .Should().Throw<InvalidOptionsException>().WithMessage($"*MaxLength is {TinyModels.Context + 1}*context, {TinyModels.Context}*");

    [Fact]
    public void A_token_outside_the_vocabulary_is_named_by_its_row() =>
        Failing<ArgumentException>(Row([1], [2]), Row([1], [99])).WithMessage("*Row 1*99*tokenizer and the model belong together*");

    [Fact]
    public void A_missing_or_wrong_column_is_named()
    {
        FluentActions.Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(_model).Fit(_ml.Data.LoadFromEnumerable([new PromptOnly { Prompt = [1] }])))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Response'*Prompt*");
        FluentActions.Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(_model).Fit(_ml.Data.LoadFromEnumerable([new { Prompt = 1f, Response = "b" }])))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*Single*");
    }

    [Fact]
    public void Text_for_a_model_without_tokenizer_is_refused() =>
        FluentActions
            .Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(_model)
                .Fit(_ml.Data.LoadFromEnumerable([new { Prompt = "a", Response = "b" }])))
            .Should().Throw<InvalidOperationException>().WithMessage("*text*tokenizer*");

    private static SupervisedFineTuningOptions Options(
        int steps = 3, long seed = 1, double learningRate = 1e-3, LearningRateSchedule schedule = LearningRateSchedule.Cosine,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) => new()
        {
            Steps = steps,
            BatchSize = 4,
            Seed = seed,
            LearningRate = learningRate,
            Schedule = schedule,
            Progress = progress,
            CancellationToken = cancellation,
        };

    private static SequenceRow[] Rows(int count) =>
    [
        .. Enumerable.Range(0, count)
            .Select(i => Row([1 + i % 4, 9], [.. Enumerable.Range(0, 3 + i % 5).Select(t => 1 + (i + t) % 10), TinyModels.EndOfSequence])),
    ];

    private static SequenceRow Row(int[] prompt, int[] response) => new() { Prompt = prompt, Response = response };

    private Dictionary<string, float[]> Train(SupervisedFineTuningOptions options)
    {
        using PolicyTransformer policy = _ml.Policies.Trainers.SupervisedFineTuning(_model, options).Fit(_rows);
        return TinyModels.Snapshot(policy.Model);
    }

    private FluentAssertions.Specialized.ExceptionAssertions<TException> Failing<TException>(params SequenceRow[] rows) where TException : Exception =>
        FluentActions.Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(_model).Fit(_ml.Data.LoadFromEnumerable(rows))).Should().Throw<TException>();

    private sealed class PromptOnly
    {
        [VectorType]
        public int[] Prompt { get; set; } = [];
    }

    private sealed class SequenceRow
    {
        [VectorType]
        public int[] Prompt { get; set; } = [];

        [VectorType]
        public int[] Response { get; set; } = [];
    }
}
