using Microsoft.ML;
using Microsoft.ML.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class HiddenRewardTests : TrainerFixture
{
    private const string Twice = "The reward writes column 'Reward' twice*WeightedReward*";

    [Fact]
    public void A_reward_that_another_hides_is_refused_before_anything_is_sampled()
    {
        Failing<ArgumentException>(reward: Ones().Append(Ones())).WithMessage(Twice);
        Failing<ArgumentException>(reward: Ones().Append(Ml.Transforms.CopyColumns("Other", "Wanted").Append(Ones()))).WithMessage(Twice);
        Failing<ArgumentException>(reward: Ones().Append(Ml.Transforms.CopyColumns("Read", "Reward")).Append(Ones()).Append(Ones())).WithMessage(Twice);
    }

    [Fact]
    public void So_is_one_in_a_chain_that_was_fitted()
    {
        ITransformer reward = Ones().Append(Ones()).Fit(Ml.Data.LoadFromEnumerable(Array.Empty<RewardInput>()));
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, reward, Options()).Fit(Rows))
            .Should().Throw<ArgumentException>().WithMessage(Twice);
    }

    [Fact]
    public void One_that_is_read_dropped_or_in_the_rows_is_not_hidden()
    {
        IDataView recorded = Ml.Data.LoadFromEnumerable([new { Prompt = new[] { 1, 2 }, Wanted = 3, Reward = 1f }]);
        Works(Rows, Ones().Append(Ml.Transforms.Expression("Reward", "x : x * 2", "Reward")));
        Works(Rows, Ones().Append(Ml.Transforms.CopyColumns("First", "Reward")).Append(Ones()));
        Works(Rows, Ones().Append(Ml.Transforms.DropColumns("Reward")).Append(Ones()));
        Works(recorded, Ones());
    }

    private CustomMappingEstimator<RewardInput, RewardOutput> Ones() => Reward(_ => 1);

    private void Works(IDataView rows, IEstimator<ITransformer> reward)
    {
        Trainer(Options(), reward).Fit(rows).Dispose();
        new PolicyOptimizationTrainer(Ml, Model, reward.Fit(Ml.Data.LoadFromEnumerable(Array.Empty<RewardInput>())), Options()).Fit(rows).Dispose();
    }
}
