using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class RewardFunctionTests : TrainerFixture
{
    [Fact]
    public void A_reward_without_its_column_is_refused_before_anything_is_sampled() =>
        Failing<ArgumentOutOfRangeException>(reward: Ml.Transforms.CopyColumns("Score", "Wanted")).WithMessage("*The reward writes no column 'Reward'*RewardColumnName*");

    [Fact]
    public void A_column_of_theRows_is_not_the_rewards()
    {
        IDataView recorded = Ml.Data.LoadFromEnumerable([new { Prompt = new[] { 1, 2 }, Wanted = 3, Reward = 1f }]);
        ColumnCopyingEstimator other = Ml.Transforms.CopyColumns("Score", "Wanted");
        Failing<ArgumentOutOfRangeException>(recorded, other).WithMessage("*The reward writes no column 'Reward'*");
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, other.Fit(recorded), Options()).Fit(recorded)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*The reward writes no column 'Reward'*");
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
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, reward, Options()).Fit(Rows)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*The reward writes no column 'Reward'*");
    }

    [Fact]
    public void A_reward_that_is_not_a_number_names_response_and_row() =>
        Failing<InvalidOperationException>(reward: Reward(row => row.Wanted == 3 ? float.NaN : 1)).WithMessage("*The reward of response 0 to the prompt of row 2 is NaN*MissingReward*");

    [Fact]
    public void A_reward_that_throws_names_response_and_row_and_keeps_the_cause() =>
        Failing<InvalidOperationException>(reward: Reward(row => row.Wanted == 3 ? throw new FormatException("no idea") : 1))
            .WithMessage("*The reward failed on response 0 to the prompt of row 2*no idea*").WithInnerException<Exception>().Which.GetBaseException().Should().BeOfType<FormatException>();

    [Fact]
    public void A_reward_whose_own_time_is_over_has_failed()
    {
        // As HttpClient says it.
        IEstimator<ITransformer> late = Reward(row => row.Wanted == 1 ? throw new TaskCanceledException("too slow", new TimeoutException()) : row.ResponseTokenIds[0]);
        Failing<InvalidOperationException>(reward: late).WithMessage("*The reward failed on*too slow*MissingReward*");
        var told = new ProgressList();
        Trainer(Options() with { MissingReward = MissingReward.LeaveOut, Progress = told }, late).Fit(Rows).Dispose();
        told[0].Metrics["rewards/left_out"].Should().BePositive();
    }

    [Fact]
    public void A_reward_that_is_cancelled_has_not_failed()
    {
        foreach (Exception cancelled in new Exception[] { new OperationCanceledException("enough"), new AggregateException(new TaskCanceledException("enough")) })
            FluentActions.Invoking(() => Trainer(Options() with { MissingReward = MissingReward.LeaveOut }, Reward(_ => throw cancelled)).Fit(Rows)).Should().Throw<OperationCanceledException>().WithMessage("enough");
    }

    [Fact]
    public void Memory_that_runs_out_in_a_reward_is_no_failure_of_a_response()
    {
        foreach (Action exhaust in new Action[] { () => zeros([1L << 50]).Dispose(), () => throw new AggregateException(new InsufficientMemoryException("full")) })
            FluentActions.Invoking(() => Trainer(Options() with { MissingReward = MissingReward.LeaveOut }, Reward(_ => Exhausted(exhaust))).Fit(Rows)).Should().Throw<InsufficientMemoryException>().WithMessage("Step 1: memory ran out*");

        static float Exhausted(Action exhaust)
        {
            exhaust();
            return 1;
        }
    }

    [Fact]
    public void A_fitted_reward_may_leave_out_other_columns()
    {
        ITransformer reward = Reward(row => row.ResponseTokenIds[0]).Append(Ml.Transforms.SelectColumns("Reward")).Fit(Ml.Data.LoadFromEnumerable(Array.Empty<RewardInput>()));
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
        string[] warnings = Warnings(() => Trainer(Options(told, MissingReward.LeaveOut), Reward(row => row.Wanted != 3 ? row.ResponseTokenIds[0] : reward == -1 ? throw new FormatException("no idea") : reward)).Fit(Rows).Dispose());
        told.Should().HaveCount(1);
        double.IsFinite(told[0].Metrics["reward"]).Should().BeTrue();
        told[0].Metrics["rewards/left_out"].Should().Be(2, "one of the five prompts has two responses");
        if (float.IsNaN(reward)) warnings.Should().BeEmpty("that may be meant");
        else warnings.Should().ContainSingle().Which.Should().Match(reward == -1 ? "*failed on 2 of 10 responses*row 2*no idea.*" : "*failed on 2 of 10 responses*row 2: it is Infinity.*");
    }

    [Fact]
    public void Rewards_that_are_all_missing_are_told_at_the_first_step()
    {
        var told = new ProgressList();
        Warnings(() => Trainer(Options(told, MissingReward.LeaveOut), Reward(_ => float.NaN)).Fit(Rows).Dispose())
            .Should().ContainSingle().Which.Should().Contain("No response of the first step has a reward");
        told[0].Metrics["rewards/left_out"].Should().Be(10);
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

        private CustomMappingEstimator<RewardInput, RewardOutput> Score => ml.Transforms.CustomMapping<RewardInput, RewardOutput>((_, reward) => reward.Reward = 1, null);
    }
}
