using Microsoft.ML;

namespace MLNetAttn.Pipelines;

public sealed class WeightedRewardPartTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void A_part_that_writes_no_reward_is_named() => Fit(_ml.Transforms.RegexReward("no", outputColumnName: "Bonus"))
        .Should().Throw<ArgumentOutOfRangeException>().WithMessage("The reward 'second' of WeightedReward writes no column 'Reward'. Let it write one*");

    private Action Fit(IEstimator<ITransformer> second) => () => _ml.Transforms
        .WeightedReward((1, _ml.Transforms.RegexReward("no"), "first"), (1, second, "second"))
        .Fit(_ml.Data.LoadFromEnumerable([new { Response = "please" }]));
}
