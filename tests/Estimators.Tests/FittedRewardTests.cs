using Microsoft.ML;

namespace MLNetAttn.Estimators.Tests;

public sealed class FittedRewardTests : TrainerFixture
{
    [Fact]
    public void A_model_that_copies_its_label_is_refused_with_what_to_do()
    {
        IDataView labelled = Ml.Data.LoadFromEnumerable([new { Wanted = 3, Reward = 1f }]);
        ITransformer model = Ml.Transforms.CopyColumns("Label", "Reward").Append(Ml.Transforms.Conversion.ConvertType("Score", "Wanted")).Fit(labelled);
        FluentActions.Invoking(() => new PolicyOptimizationTrainer(Ml, Model, model, Options() with { RewardColumnName = "Score" }).Fit(Rows))
            .Should().Throw<ArgumentException>()
            .WithMessage(
                "The model that is the reward cannot be applied to responses, which have the columns Prompt, Wanted, Response, ResponseTokenIds, FinishReason: Could not find input column 'Reward'. If that is a label*labelColumnName.");
    }
}
