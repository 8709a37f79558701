using Microsoft.ML;

namespace MLNetAttn.Pipelines;

public sealed class RewardTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void A_function_is_a_reward_and_null_is_no_value()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Row { Response = "please" }, new Row { Response = "no" }, new Row()]);
        IEstimator<ITransformer> polite = Reward.From<Row>(row => row.Response.Length == 0 ? null : row.Response.Contains("please") ? 1 : 0);
        polite.Rewards(rows).Should().Equal(1, 0, float.NaN);
        _ml.Transforms.WeightedReward((2, polite), (1, _ml.Transforms.RegexReward("no"))).Rewards(rows).Should().Equal(2, 1, 0);
    }

    private sealed class Row
    {
        public string Response { get; set; } = "";
    }
}
