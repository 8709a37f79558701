using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
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
    public void A_reward_that_cannot_be_fitted_says_so_and_keeps_the_cause()
    {
        IEstimator<ITransformer> learns = Reward(row => row.Wanted == 3 ? throw new FormatException("no idea") : 1)
            .Append(Ml.Transforms.NormalizeMinMax("Reward"));
        FluentActions.Invoking(() => Trainer(Options(missing: MissingReward.LeaveOut), learns).Fit(Rows)).Should().Throw<InvalidOperationException>()
            .WithMessage("The reward could not be fitted on the responses of the first step: *")
            .Which.GetBaseException().Should().BeOfType<FormatException>();
    }

    [Fact]
    public void A_reward_sees_why_a_response_ended()
    {
        var seen = new HashSet<string>();
        IEstimator<ITransformer> reward = Ml.Transforms.CustomMapping<Ended, RewardOutput>((row, output) =>
        {
            seen.Add($"{row.FinishReason} {row.ResponseTokenIds[^1] == TinyModels.EndOfSequence}");
            output.Reward = row.ResponseTokenIds[0];
        }, null);
        Trainer(Options() with { Generations = 8, EvaluateEvery = 1 }, reward).Fit(Rows, Rows).Dispose();
        seen.Should().BeEquivalentTo("StopToken True", "Length False");
    }

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
    public void A_reward_that_another_hides_is_told_once()
    {
        Hidden(Ones().Append(Ones())).Should().ContainSingle()
            .Which.Should().Contain("column 'Reward' 2 times, and the last counts").And.Contain("WeightedReward");
        Hidden(Ones().Append(Ml.Transforms.DropColumns("Reward")).Append(Ones())).Should().BeEmpty("it was not to be one");
        Hidden(Ones(), Ml.Data.LoadFromEnumerable(new[] { 1, 2 }.Select(token => new { Prompt = new[] { token }, Wanted = 3, Reward = 1f })))
            .Should().BeEmpty("rows may have a column of the name");

        CustomMappingEstimator<RewardInput, RewardOutput> Ones() => Reward(row => row.ResponseTokenIds[0]);

        IEnumerable<string> Hidden(IEstimator<ITransformer> reward, IDataView? rows = null) =>
            Warnings(() => Trainer(Options() with { Steps = 2 }, reward).Fit(rows ?? Rows).Dispose()).Where(warning => warning.Contains("writes column"));
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
    public void Responses_that_fail_only_together_have_what_they_are_given_alone()
    {
        var judge = new BatchJudge(Ml, (_, together) => together > 1, reading: false);
        foreach (MissingReward missing in Enum.GetValues<MissingReward>())
        {
            var told = new ProgressList();
            new PolicyOptimizationTrainer(Ml, Model, judge, Options(told, missing)).Fit(Rows).Dispose();
            told[0].Metrics["rewards/left_out"].Should().Be(0);
            told[0].Metrics["reward"].Should().Be(3, "each was judged");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scoring_is_cancelled_between_two_responses(bool byContext)
    {
        using var stop = new CancellationTokenSource();
        int scored = 0;
        var told = new ProgressList();
        CustomMappingEstimator<RewardInput, RewardOutput> slow = Reward(_ =>
        {
            if (++scored == 3 && byContext) Ml.CancelExecution();
            else if (scored == 3) stop.Cancel();
            return 1;
        });
        Trainer(Options(told) with { CancellationToken = stop.Token }, slow).Fit(Rows).Dispose();
        told.Should().BeEmpty("the step is not complete");
        scored.Should().Be(3);
    }

    [Fact]
    public void Judging_one_by_one_is_cancelled_between_two()
    {
        using var stop = new CancellationTokenSource();
        int judged = 0;
        var judge = new BatchJudge(Ml, (_, together) =>
        {
            if (together == 1 && ++judged == 3) stop.Cancel();
            return together > 1;
        }, reading: false);
        var told = new ProgressList();
        new PolicyOptimizationTrainer(Ml, Model, judge, Options(told) with { CancellationToken = stop.Token }).Fit(Rows).Dispose();
        told.Should().BeEmpty("the step is not complete");
        judged.Should().Be(3);
    }

    [Fact]
    public void Several_rewards_are_aggregated_as_the_options_say()
    {
        IEstimator<ITransformer> two = Two(row => (row.ResponseTokenIds[0], row.ResponseTokenIds.Length % 3));
        PolicyOptimizationOptions options = Options() with { RewardColumnNames = ["First", "Second"] };
        PolicyOptimizationOptions normalized = options with { RewardAggregation = RewardAggregation.NormalizeThenSum };

        // Where the other weighs nothing, a reward is as it is alone.
        Step(options with { RewardWeights = [1, 0] }, two)["grad_norm"].Should().Be(Step(Options() with { RewardColumnName = "First" }, two)["grad_norm"]);
        Step(options with { RewardWeights = [0, 1] }, two)["grad_norm"].Should().Be(Step(Options() with { RewardColumnName = "Second" }, two)["grad_norm"]);
        Step(normalized, two)["grad_norm"].Should().NotBe(Step(options, two)["grad_norm"]);
        // Normalized, a reward is as large as the other, whatever its scale.
        IEstimator<ITransformer> large = Two(row => (1000 * row.ResponseTokenIds[0], row.ResponseTokenIds.Length % 3));
        Step(normalized, large)["grad_norm"].Should().BeApproximately(Step(normalized, two)["grad_norm"], 1e-3);
        Step(options, large)["grad_norm"].Should().NotBeApproximately(Step(options, two)["grad_norm"], 1e-3);
    }

    [Fact]
    public void Several_rewards_are_measured_each_in_steps_and_evaluations()
    {
        IEstimator<ITransformer> two = Two(row => (row.Wanted == 3 ? float.NaN : 2, row.ResponseTokenIds.Length % 3));
        PolicyOptimizationOptions options = Options() with { RewardColumnNames = ["First", "Second"], RewardWeights = [1, 0.5], EvaluateEvery = 1 };
        IReadOnlyDictionary<string, double> metrics = Step(options, two, Rows);
        metrics.Should().NotContainKey("rewards/Reward/mean");
        metrics["rewards/left_out"].Should().Be(0, "a response that one of two gives nothing has the other's");
        foreach (string prefix in new[] { "", "eval_" })
        {
            metrics[$"{prefix}rewards/First/mean"].Should().Be(2);
            metrics[$"{prefix}reward"].Should().BeApproximately(2 * 0.8 + 0.5 * metrics[$"{prefix}rewards/Second/mean"], 1e-6);
        }
    }

    [Theory]
    [InlineData(RewardAggregation.SumThenNormalize, 5)]
    [InlineData(RewardAggregation.NormalizeThenSum, 0)]
    public void Groups_whose_sums_are_equal_are_sampled_again_unless_each_reward_is_compared(RewardAggregation aggregation, int equal)
    {
        int response = 0;
        IEstimator<ITransformer> two = Two(_ => ++response % 2 == 0 ? (1, 0) : (0, 2));
        PolicyOptimizationOptions options = Options() with
        {
            RewardColumnNames = ["First", "Second"],
            RewardWeights = [1, 0.5],
            RewardAggregation = aggregation,
            ResamplingRounds = 1,
        };
        Step(options, two)["sampling/equal_groups"].Should().Be(2 * equal, "of each of two rounds");
    }

    [Fact]
    public void A_reward_that_weighs_nothing_makes_no_group_differ()
    {
        int response = 0;
        PolicyOptimizationOptions options = Options() with
        {
            RewardColumnNames = ["First", "Second"],
            RewardWeights = [1, 0],
            RewardAggregation = RewardAggregation.NormalizeThenSum,
            ResamplingRounds = 1,
        };
        Step(options, Two(_ => (1, ++response)))["sampling/equal_groups"].Should().Be(10, "five of each of two rounds");
    }

    [Fact]
    public void One_of_several_rewards_that_is_missing_infinite_or_without_a_name_is_found_out()
    {
        IEstimator<ITransformer> two = Two(row => (1, row.Wanted == 3 ? float.PositiveInfinity : 1));
        PolicyOptimizationOptions options = Options() with { RewardColumnNames = ["First", "Second"] };
        FluentActions.Invoking(() => Trainer(options, two).Fit(Rows)).Should().Throw<InvalidOperationException>()
            .WithMessage("The reward of response 0 to the prompt of row 2 is Infinity in column 'Second', expected a finite number*");
        FluentActions.Invoking(() => Trainer(options with { RewardColumnNames = ["First", "Third"] }, two).Fit(Rows))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*The reward writes no column 'Third'*");
        Refused(
            options with { RewardColumnNames = ["First", "First"], RewardWeights = [1] },
            "*RewardColumnNames is First, First*RewardWeights is 1, expected a finite number*");
        Refused(options with { RewardWeights = [0, 0] }, "*RewardWeights is 0, 0, expected a finite number for each of RewardColumnNames, not all of them 0*");
        Refused(options with { RewardColumnName = "First" }, "*RewardColumnName is First, expected Reward*");
        Refused(Options() with { RewardWeights = [1] }, "*RewardWeights is 1, expected*");
        Refused(
            Options() with { RewardAggregation = RewardAggregation.NormalizeThenSum },
            "*RewardAggregation is NormalizeThenSum, expected SumThenNormalize where there is one reward*");
        Refused(
            options with { RewardAggregation = RewardAggregation.NormalizeThenSum, ScaleRewards = RewardScale.None },
            "*RewardAggregation is NormalizeThenSum, expected SumThenNormalize where*ScaleRewards is not Group*");

        void Refused(PolicyOptimizationOptions wrong, string message) =>
            FluentActions.Invoking(() => Trainer(wrong, two)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    private CustomMappingEstimator<RewardInput, TwoRewards> Two(Func<RewardInput, (float First, float Second)> score) =>
        Ml.Transforms.CustomMapping<RewardInput, TwoRewards>((row, rewards) => (rewards.First, rewards.Second) = score(row), null);

    private IReadOnlyDictionary<string, double> Step(PolicyOptimizationOptions options, IEstimator<ITransformer> reward, IDataView? validation = null)
    {
        var told = new ProgressList();
        PolicyOptimizationTrainer trainer = Trainer(options with { Progress = told }, reward);
        (validation is null ? trainer.Fit(Rows) : trainer.Fit(Rows, validation)).Dispose();
        return told[0].Metrics;
    }

    private sealed class TwoRewards
    {
        public float First { get; set; }

        public float Second { get; set; }
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

    private sealed class Ended
    {
        [VectorType]
        public int[] ResponseTokenIds { get; set; } = [];

        public string FinishReason { get; set; } = "";
    }
}
