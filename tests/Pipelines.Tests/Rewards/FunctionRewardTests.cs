using Microsoft.ML;

namespace MLNetAttn.Pipelines;

public sealed class FunctionRewardTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void A_chain_with_a_function_says_why_it_cannot_be_saved()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Row { Response = "please" }]);
        ITransformer chain = _ml.Transforms.WeightedReward((1, Reward.From<Row>(row => row.Response.Length)), (1, _ml.Transforms.RegexReward("no"))).Fit(rows);
        FluentActions.Invoking(() => _ml.Model.Save(chain, rows.Schema, new MemoryStream())).Should().Throw<InvalidOperationException>()
            .WithMessage("A reward that Reward.From made of a function cannot be saved. Write it as ML.NET's CustomMapping*docs/rewards.md*");
    }

    [Fact]
    public void It_scores_row_by_row()
    {
        ITransformer reward = Reward.From<Row>(row => row.Response.Length).Fit(_ml.Data.LoadFromEnumerable(Array.Empty<Row>()));
        using PredictionEngine<Row, Scored> engine = _ml.Model.CreatePredictionEngine<Row, Scored>(reward);
        engine.Predict(new Row { Response = "please" }).Reward.Should().Be(6);
    }

    private sealed class Row
    {
        public string Response { get; set; } = "";
    }

    private sealed class Scored
    {
        public float Reward { get; set; }
    }
}
