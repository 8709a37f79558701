using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MLNetAttn.Pipelines;

public sealed class ModelRewardTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public async Task Only_the_reward_is_appended()
    {
        IDataView rows = Rows();
        ITransformer model = Model("Score").Append(_ml.Transforms.CopyColumns("Reward", "Score")).Fit(rows);
        foreach (string column in new[] { "Score", "Reward" })
        {
            Reward.From(model, column).Fit(rows).Transform(rows).Schema.Where(other => !other.IsHidden).Select(other => other.Name)
                .Should().Equal("Response", "Reward");
            Reward.From(model, column).Rewards(rows).Should().Equal(0.6f, 0.2f);
            await _ml.ShouldHoldItsPromises(Reward.From(model, column), rows);
        }
    }

    [Fact]
    public void A_column_that_is_missing_or_of_another_type_is_refused_before_Fit()
    {
        ITransformer model = Model("Score").Append(_ml.Transforms.Conversion.ConvertType("PredictedLabel", "Score", DataKind.Boolean)).Fit(Rows());
        foreach (string column in new[] { "Probability", "PredictedLabel" })
            FluentActions.Invoking(() => Reward.From(model, column).GetOutputSchema(Shape(Rows()))).Should().Throw<ArgumentException>()
                .WithMessage(
                    $"The model that Reward.From was given writes no column '{column}' of Single. It writes Score (Single), PredictedLabel (Boolean): name*");
    }

    [Fact]
    public void A_model_that_does_not_fit_is_refused_before_Fit()
    {
        IDataView labelled = _ml.Data.LoadFromEnumerable([new { Response = "please", Reward = 1f }]);
        ITransformer model = _ml.Transforms.CopyColumns("Label", "Reward").Append(Model("Score")).Fit(labelled);
        Action ask = () => Reward.From(model).GetOutputSchema(Shape(Rows()));
        ask.Should().Throw<ArgumentException>().WithMessage("The model that is the reward cannot be applied*Response: *'Reward'. If that is a label*");
        Reward.From(model).Rewards(labelled).Should().Equal(0.6f);
    }

    [Fact]
    public void Where_the_outline_does_not_tell_a_number_Fit_does()
    {
        IDataView sized = _ml.Data.LoadFromEnumerable([new Sized { Features = [1, 2] }]);
        ITransformer model = _ml.Transforms.NormalizeMinMax("Features").Append(_ml.Transforms.Expression("Score", "x : x + 1", "One")).Fit(sized);
        Reward.From(model).GetOutputSchema(Shape(sized)).Should().Contain(column => column.Name == "Reward");
        Reward.From(model).Rewards(sized).Should().Equal(2);
        FluentActions.Invoking(() => Reward.From(model, "None").Fit(sized)).Should().Throw<ArgumentException>().WithMessage("*'None'*");
    }

    private ExpressionEstimator Model(string column) => _ml.Transforms.Expression(column, "x : len(x) / 10f", "Response");

    private IDataView Rows() => _ml.Data.LoadFromEnumerable([new { Response = "please" }, new { Response = "no" }]);

    private static SchemaShape Shape(IDataView rows) => RewardChecks.Shape(rows.Schema);

    private sealed class Sized
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float One { get; set; } = 1;
    }
}
