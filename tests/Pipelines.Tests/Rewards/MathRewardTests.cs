using Microsoft.ML;

namespace MLNetAttn.Pipelines;

public sealed class MathRewardTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Responses_are_scored_row_by_row() => _ml.Transforms.MathReward().Rewards(Rows()).Should().Equal(1, 1, 0, 0, 0);

    [Fact]
    public void A_right_answer_that_cannot_be_read_may_give_no_value() =>
        _ml.Transforms.MathReward(new MathRewardOptions { UnreadableAnswer = UnreadableAnswer.NoValue }).Rewards(Rows()).Should().Equal(1, 1, 0, 0, float.NaN);

    [Fact]
    public Task It_holds_its_promises() => _ml.ShouldHoldItsPromises(
        _ml.Transforms.MathReward(new MathRewardOptions { OutputColumnName = "IsRight", UnreadableAnswer = UnreadableAnswer.NoValue }),
        Rows());

    [Fact]
    public void It_works_in_a_prediction_engine()
    {
        using PredictionEngine<Row, Scored> engine = _ml.Model.CreatePredictionEngine<Row, Scored>(_ml.Transforms.MathReward().Fit(Rows()));
        engine.Predict(new Row { Response = "#### 18", Answer = "It is 9 + 9 = 18.\n#### 18" }).Reward.Should().Be(1);
        engine.Predict(new Row { Response = "#### 18", Answer = "19" }).Reward.Should().Be(0);
        engine.Predict(new Row { Response = "\\boxed{(x-1)(x+1)}", Answer = "$x^2-1$" }).Reward.Should().Be(1);
    }

    [Fact]
    public void It_is_a_reward_for_GSM8K_as_it_comes()
    {
        string? path = Repository.Shared("data", "gsm8k_test.jsonl");
        Assert.SkipWhen(path is null, "../shared/data/gsm8k_test.jsonl is absent.");
        string[] answers = [.. File.ReadLines(path).Take(300)
            .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("answer").GetString()!)];
        IDataView own = _ml.Data.LoadFromEnumerable(answers.Select(answer => new Row { Response = answer, Answer = answer.Split("####")[1].Trim() }));
        _ml.Transforms.MathReward().Rewards(own).Should().OnlyContain(reward => reward == 1);
    }

    [Fact]
    public void All_options_out_of_range_are_named()
    {
        Action create = () => _ml.Transforms.MathReward(new MathRewardOptions
        {
            ResponseColumnName = "",
            OutputColumnName = "",
            UnreadableAnswer = (UnreadableAnswer)5,
        });
        create.Should().Throw<ArgumentException>().WithMessage(
            "MathRewardOptions: ResponseColumnName is empty*OutputColumnName is empty*UnreadableAnswer is 5, expected one of Zero, NoValue.");
    }

    [Fact]
    public void A_missing_column_is_named()
    {
        Action fit = () => _ml.Transforms.MathReward(answerColumnName: "Solution").Fit(Rows());
        fit.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Solution'*Response, Answer*");
    }

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(
    [
        new Row { Response = "so \\boxed{\\frac{1}{2}}", Answer = "$0.5$" },
        new Row { Response = "The answer is 50%.", Answer = "$0.5$" },
        new Row { Response = "\\boxed{5}", Answer = "$0.5$" },
        new Row { Response = "", Answer = "18" },
        new Row { Response = "\\boxed{5}", Answer = "see the appendix" },
    ]);

    private sealed class Row
    {
        public string Response { get; init; } = "";

        public string Answer { get; init; } = "";
    }

    private sealed class Scored
    {
        public float Reward { get; set; }
    }
}
