using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

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

    [Fact]
    public void A_trained_model_is_one_of_several_rewards_and_is_saved_with_them()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Row { Response = "please" }, new Row { Response = "no" }]);
        ITransformer trained = _ml.Transforms.CustomMapping<Row, Length>((row, output) => output.Score = row.Response.Length, null).Fit(rows);
        _ml.Transforms.WeightedReward((0.5, Reward.From(trained)), (1, _ml.Transforms.RegexReward("no"))).Rewards(rows).Should().Equal(3, 2);

        ITransformer scaled = _ml.Transforms.Expression("Probability", "x : len(x) / 10f", "Response").Fit(rows);
        ITransformer reward = _ml.Transforms.WeightedReward((1, Reward.From(scaled, "Probability")), (1, _ml.Transforms.RegexReward("no"))).Fit(rows);
        using var zip = new MemoryStream();
        _ml.Model.Save(reward, rows.Schema, zip);
        zip.Position = 0;
        _ml.Model.Load(zip, out _).Transform(rows).GetColumn<float>("Reward").Should().Equal(0.6f, 1.2f);
    }

    [Fact]
    public void A_model_without_the_column_is_refused()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Row { Response = "please" }]);
        ITransformer trained = _ml.Transforms.RegexReward("no").Fit(rows);
        Reward.From(trained, "Reward").Rewards(rows).Should().Equal(0);
        FluentActions.Invoking(() => Reward.From(trained).Fit(rows)).Should().Throw<ArgumentException>().WithMessage("*'Score'*It writes Reward (Single)*");
        FluentActions.Invoking(() => Reward.From(trained, "")).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mapping_with_a_contract_name_is_saved_as_the_page_on_rewards_says(bool weighted)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Tokens { ResponseTokenIds = [1, 2, 3] }]);
        IEstimator<ITransformer> brief = _ml.Transforms.CustomMapping(new BrevityFactory().GetMapping(), BrevityFactory.Contract);
        using var zip = new MemoryStream();
        _ml.Model.Save((weighted ? _ml.Transforms.WeightedReward((1, brief)) : brief).Fit(rows), rows.Schema, zip);
        zip.Position = 0;
        var other = new MLContext();
        other.ComponentCatalog.RegisterAssembly(typeof(BrevityFactory).Assembly);
        other.Model.Load(zip, out _).Transform(rows).GetColumn<float>("Reward").Should().Equal(0.25f);
    }

    [CustomMappingFactoryAttribute(Contract)]
    private sealed class BrevityFactory : CustomMappingFactory<Tokens, Brevity>
    {
        public const string Contract = "Brevity";

        public override Action<Tokens, Brevity> GetMapping() => (row, output) => output.Reward = 1f / (1 + row.ResponseTokenIds.Length);
    }

    private sealed class Tokens
    {
        public int[] ResponseTokenIds { get; set; } = [];
    }

    private sealed class Brevity
    {
        public float Reward { get; set; }
    }

    private sealed class Length
    {
        public float Score { get; set; }
    }

    private sealed class Row
    {
        public string Response { get; set; } = "";
    }
}
