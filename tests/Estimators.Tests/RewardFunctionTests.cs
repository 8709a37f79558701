using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class RewardFunctionTests : TrainerFixture
{
    [Fact]
    public void A_reward_without_its_column_is_refused_before_anything_is_sampled() =>
        Failing<ArgumentOutOfRangeException>(reward: Ml.Transforms.CopyColumns("Score", "Wanted"))
            .WithMessage("*The reward writes no column 'Reward'*RewardColumnName*");

    [Fact]
    public void A_column_of_theRows_is_not_the_rewards()
    {
        IDataView recorded = Ml.Data.LoadFromEnumerable([new { Prompt = new[] { 1, 2 }, Wanted = 3, Reward = 1f }]);
        ColumnCopyingEstimator other = Ml.Transforms.CopyColumns("Score", "Wanted");
        Failing<ArgumentOutOfRangeException>(recorded, other).WithMessage("*The reward writes no column 'Reward'*");
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, other.Fit(recorded), Options()).Fit(recorded))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*The reward writes no column 'Reward'*");
        // One that is written in its place hides it.
        Trainer(Options(), Reward(row => row.ResponseTokenIds[0])).Fit(recorded).Dispose();
    }

    [Fact]
    public void A_reward_column_of_another_type_is_refused() =>
        Failing<ArgumentOutOfRangeException>(reward: Ml.Transforms.CopyColumns("Reward", "Wanted")).WithMessage("*'Reward': expected Single, got Int32*");

    [Fact]
    public void A_fitted_reward_is_checked_too()
    {
        ITransformer reward = Ml.Transforms.CopyColumns("Score", "Wanted").Fit(Rows);
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, reward, Options()).Fit(Rows))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*The reward writes no column 'Reward'*");
    }

    [Fact]
    public void A_reward_that_is_not_a_number_names_response_and_row() =>
        Failing<InvalidOperationException>(reward: Reward(row => row.Wanted == 3 ? float.NaN : 1))
            .WithMessage("*The reward of response 0 to the prompt of row 2 is NaN*MissingReward*");

    [Fact]
    public void A_reward_that_throws_names_response_and_row_and_keeps_the_cause() =>
        Failing<InvalidOperationException>(reward: Reward(row => row.Wanted == 3 ? throw new FormatException("no idea") : 1))
            .WithMessage("*The reward failed on response 0 to the prompt of row 2*no idea*")
            .WithInnerException<Exception>().Which.GetBaseException().Should().BeOfType<FormatException>();

    [Fact]
    public void A_reward_whose_own_time_is_over_has_failed()
    {
        // As HttpClient says it.
        IEstimator<ITransformer> late = Reward(row => row.Wanted == 1
            ? throw new TaskCanceledException("too slow", new TimeoutException())
            : row.ResponseTokenIds[0]);
        Failing<InvalidOperationException>(reward: late).WithMessage("*The reward failed on*too slow*MissingReward*");
        var told = new ProgressList();
        Trainer(Options() with { MissingReward = MissingReward.LeaveOut, Progress = told }, late).Fit(Rows).Dispose();
        told[0].Metrics["rewards/left_out"].Should().BePositive();
    }

    [Fact]
    public void A_reward_that_is_cancelled_has_not_failed()
    {
        foreach (Exception cancelled in new Exception[]
        {
            new OperationCanceledException("enough"),
            new AggregateException(new TaskCanceledException("enough")),
        })
            FluentActions
                .Invoking(() => Trainer(Options() with { MissingReward = MissingReward.LeaveOut }, Reward(_ => throw cancelled)).Fit(Rows))
                .Should().Throw<OperationCanceledException>().WithMessage("enough");
    }

    [Fact]
    public void Memory_that_runs_out_in_a_reward_is_no_failure_of_a_response()
    {
        foreach (Action exhaust in new Action[]
        {
            () => zeros([1L << 50]).Dispose(),
            () => throw new AggregateException(new InsufficientMemoryException("full")),
        })
            FluentActions
                .Invoking(() => Trainer(Options() with { MissingReward = MissingReward.LeaveOut }, Reward(_ => Exhausted(exhaust))).Fit(Rows))
                .Should().Throw<InsufficientMemoryException>().WithMessage("Step 1: memory ran out*");

        static float Exhausted(Action exhaust)
        {
            exhaust();
            return 1;
        }
    }

    [Fact]
    public void A_fitted_reward_may_leave_out_other_columns()
    {
        ITransformer reward = Reward(row => row.ResponseTokenIds[0])
            .Append(Ml.Transforms.SelectColumns("Reward"))
            .Fit(Ml.Data.LoadFromEnumerable(Array.Empty<RewardInput>()));
        new PolicyOptimizationTrainer(Ml, Model, reward, Options()).Fit(Rows).Dispose();
    }

    [Fact]
    public void A_reward_that_drops_rows_is_refused() =>
        Failing<InvalidOperationException>(reward: new DroppingReward(Ml)).WithMessage("*dropped the row*");

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-1)]
    public void Responses_whose_reward_is_not_finite_or_fails_can_be_left_out(float reward)
    {
        var told = new ProgressList();
        string[] warnings = Warnings(() => Trainer(
                Options(told, MissingReward.LeaveOut),
                Reward(row => row.Wanted != 3 ? row.ResponseTokenIds[0] : reward == -1 ? throw new FormatException("no idea") : reward))
            .Fit(Rows).Dispose());
        told.Should().HaveCount(1);
        double.IsFinite(told[0].Metrics["reward"]).Should().BeTrue();
        told[0].Metrics["rewards/left_out"].Should().Be(2, "one of the five prompts has two responses");
        if (float.IsNaN(reward))
            warnings.Should().BeEmpty("that may be meant");
        else
            warnings.Should().ContainSingle().Which.Should().Match(reward == -1
                ? "*failed on 2 of 10 responses*row 2*no idea.*"
                : "*failed on 2 of 10 responses*row 2: it is Infinity.*");
    }

    [Fact]
    public void Rewards_that_are_all_missing_are_told_at_the_first_step()
    {
        var told = new ProgressList();
        Warnings(() => Trainer(Options(told, MissingReward.LeaveOut), Reward(_ => float.NaN)).Fit(Rows).Dispose())
            .Should().ContainSingle().Which.Should().Contain("No response of the first step has a reward");
        told[0].Metrics["rewards/left_out"].Should().Be(10);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_several_responses_are_judged_at_once_the_one_that_fails_is_named_and_left_out_alone(bool reading)
    {
        var judge = new BatchJudge(Ml, (wanted, _) => wanted == 3, reading);
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, judge, Options()).Fit(Rows)).Should().Throw<InvalidOperationException>()
            .WithMessage("The reward failed on response 0 to the prompt of row 2: no idea. Set MissingReward*").WithInnerException<FormatException>();
        var told = new ProgressList();
        Warnings(() => new PolicyOptimizationTrainer(Ml, Model, judge, Options(told, MissingReward.LeaveOut)).Fit(Rows).Dispose())
            .Should().ContainSingle(warning => warning.Contains(
                "The reward failed on 2 of 10 responses, which are left out; first on response 0 to the prompt of row 2: no idea."));
        told[0].Metrics["rewards/left_out"].Should().Be(2);
        told[0].Metrics["reward"].Should().Be((1 + 2 + 4 + 5) / 4.0, "the others were judged");
    }

    [Fact]
    public void Responses_that_fail_only_together_are_judged_alone_only_to_find_that_out()
    {
        var judge = new BatchJudge(Ml, (_, together) => together > 1, reading: false);
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, judge, Options()).Fit(Rows)).Should().Throw<InvalidOperationException>()
            .WithMessage("The reward failed on response * to the prompt of row * or a later one, and on none of them alone: no idea. Set MissingReward*");
        var told = new ProgressList();
        Warnings(() => new PolicyOptimizationTrainer(Ml, Model, judge, Options(told, MissingReward.LeaveOut)).Fit(Rows).Dispose())
            .Should().Contain(warning => warning.Contains("failed on 8 of 10 responses"));
        told[0].Metrics["rewards/left_out"].Should().Be(8, "the first of ten is judged alone, and the first of the nine that are judged again");
    }

    [Fact]
    public void Several_rewards_are_aggregated_as_the_options_say()
    {
        var told = new ProgressList();
        var two = Ml.Transforms.CustomMapping<RewardInput, TwoRewards>((row, rewards) =>
        {
            rewards.First = row.Wanted == 3 ? float.NaN : row.ResponseTokenIds[0];
            rewards.Second = row.ResponseTokenIds.Length % 3;
        }, null);
        PolicyOptimizationOptions options = Options(told) with
        {
            RewardColumnNames = ["First", "Second"],
            RewardWeights = [1, 0.5],
            RewardAggregation = RewardAggregation.NormalizeThenSum,
            LogSamplesEvery = 1,
        };
        Trainer(options, two).Fit(Rows).Dispose();
        IReadOnlyDictionary<string, double> metrics = told[0].Metrics;
        metrics.Should().ContainKeys("rewards/First/mean", "rewards/Second/std", "reward").And.NotContainKey("rewards/Reward/mean");
        metrics["rewards/left_out"].Should().Be(0, "a response that one of two gives nothing has the other's");

        // What the trainer makes of them is what Advantages does: with weights of 0 and 1 the other does not matter.
        double[] grad = [.. ((double[][])[[0, 1], [1, 0], [1, 0.5]]).Select(weights => Norm(options with { RewardWeights = weights }))];
        grad.Distinct().Should().HaveCount(3);
        Norm(options with { RewardAggregation = RewardAggregation.SumThenNormalize }).Should().NotBe(grad[2]);

        double Norm(PolicyOptimizationOptions with)
        {
            var steps = new ProgressList();
            Trainer(with with { Progress = steps }, two).Fit(Rows).Dispose();
            return steps[0].Metrics["grad_norm"];
        }
    }

    [Fact]
    public void One_of_several_rewards_that_is_missing_infinite_or_without_a_name_is_found_out()
    {
        var two = Ml.Transforms.CustomMapping<RewardInput, TwoRewards>((row, rewards) => (rewards.First, rewards.Second) = (1, row.Wanted == 3 ? float.PositiveInfinity : 1), null);
        PolicyOptimizationOptions options = Options() with { RewardColumnNames = ["First", "Second"] };
        FluentActions.Invoking(() => Trainer(options, two).Fit(Rows)).Should().Throw<InvalidOperationException>()
            .WithMessage("The reward of response 0 to the prompt of row 2 is Infinity, expected a finite number*");
        FluentActions.Invoking(() => Trainer(options with { RewardColumnNames = ["First", "Third"] }, two).Fit(Rows))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*The reward writes no column 'Third'*");
        FluentActions.Invoking(() => Trainer(options with { RewardColumnNames = ["First", "First"], RewardWeights = [1] }, two))
            .Should().Throw<ArgumentException>().WithMessage("*RewardColumnNames is First, First*RewardWeights is 1, expected a finite number for each*");
        FluentActions.Invoking(() => Trainer(options with { RewardColumnNames = null, RewardWeights = [1] }, two))
            .Should().Throw<ArgumentException>().WithMessage("*RewardWeights is 1, expected*");
    }

    private sealed class TwoRewards
    {
        public float First { get; set; }

        public float Second { get; set; }
    }

    /// <summary>Computes up to eight rewards at once, as a model that judges does: what a response is wanted to be.</summary>
    /// <param name="ml">Its host.</param>
    /// <param name="fails">On what, with how many at once, it fails.</param>
    /// <param name="reading">Whether already where the row is read.</param>
    private sealed class BatchJudge(MLContext ml, Func<int, int, bool> fails, bool reading) : ITransformer
    {
        private readonly IHost _host = ((IHostEnvironment)ml).Register("Judge");

        bool ITransformer.IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Mapper(inputSchema).OutputSchema;

        public IDataView Transform(IDataView input) => new BatchDataView(_host, input, Mapper(input.Schema), new BatchPolicy(8), () => { });

        IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException();

        private BatchMapper<int, float> Mapper(DataViewSchema schema) => new(
            _host, schema, [schema["Wanted"]],
            row =>
            {
                Func<int> wanted = row.Scalar<int>(schema["Wanted"]);
                return () => reading ? Judge(wanted(), 1) : wanted();
            },
            rows => [.. rows.Select(wanted => (float)Judge(wanted, rows.Count))],
            [OutputColumn.Scalar<float, float>("Reward", NumberDataViewType.Single, reward => reward)]);

        private int Judge(int wanted, int together) => fails(wanted, together) ? throw new FormatException("no idea.") : wanted;
    }

    /// <summary>A chain that must not be a reward: it loses rows.</summary>
    private sealed class DroppingReward(MLContext ml) : IEstimator<ITransformer>, ITransformer
    {
        bool ITransformer.IsRowToRowMapper => false;

        public ITransformer Fit(IDataView input) => this;

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Score.GetOutputSchema(inputSchema);

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => throw new NotSupportedException();

        public IDataView Transform(IDataView input) => ml.Data.TakeRows(Score.Fit(input).Transform(input), 3);

        IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException();

        private CustomMappingEstimator<RewardInput, RewardOutput> Score =>
            ml.Transforms.CustomMapping<RewardInput, RewardOutput>((_, reward) => reward.Reward = 1, null);
    }
}
