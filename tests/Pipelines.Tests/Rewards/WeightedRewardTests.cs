using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

public sealed class WeightedRewardTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Rewards_are_added_with_their_weights_and_a_missing_one_counts_0() =>
        _ml.Transforms.WeightedReward((2, "A"), (-0.5, "B")).Rewards(Rows()).Should().Equal(2 - 0.25f, 2, 0.5f, float.NaN);

    [Fact]
    public void Without_weights_all_are_1() =>
        _ml.Transforms.WeightedReward(new WeightedRewardOptions { RewardColumnNames = ["A", "B"] })
            .Rewards(Rows()).Should().Equal(1.5f, 1, -1, float.NaN);

    [Fact]
    public void Several_rewards_make_one_in_a_chain()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(
        [
            new Answer { Response = "#### 18", Answer_ = "18", ResponseTokenIds = new int[9] },
            new Answer { Response = "18", Answer_ = "18", ResponseTokenIds = new int[20] },
        ]);
        _ml.Transforms.MathReward(answerColumnName: nameof(Answer.Answer_), outputColumnName: "IsRight")
            .Append(_ml.Transforms.RegexReward("####", outputColumnName: "Form"))
            .Append(_ml.Transforms.LengthPenalty(10, 2, outputColumnName: "Overlong"))
            .Append(_ml.Transforms.WeightedReward((1, "IsRight"), (0.25, "Form"), (1, "Overlong")))
            .Rewards(rows).Should().Equal(1 + 0.25f - 0.5f, 0);
    }

    [Fact]
    public async Task Estimators_that_all_write_Reward_are_added()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Answer { Response = "#### 18", Answer_ = "18" }, new Answer { Response = "18", Answer_ = "18" }]);
        IEstimator<ITransformer> reward = _ml.Transforms.WeightedReward(
            (1, _ml.Transforms.MathReward(answerColumnName: nameof(Answer.Answer_))),
            (0.25, _ml.Transforms.RegexReward("####")));
        reward.Rewards(rows).Should().Equal(1.25f, 1);
        reward.Rewards(rows, "Reward2").Should().Equal(1, 0);
        await _ml.ShouldHoldItsPromises(reward, rows);
    }

    [Fact]
    public async Task Estimators_that_all_write_Reward_leave_their_own_under_the_names_that_they_are_given()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Answer { Response = "#### 18", Answer_ = "18" }, new Answer { Response = "18", Answer_ = "18" }]);
        IEstimator<ITransformer> reward = _ml.Transforms.WeightedReward(
            (1, _ml.Transforms.MathReward(answerColumnName: nameof(Answer.Answer_)), "right"),
            (0.25, _ml.Transforms.RegexReward("####"), "form"));
        reward.Rewards(rows).Should().Equal(1.25f, 1);
        reward.Rewards(rows, "form").Should().Equal(1, 0);
        await _ml.ShouldHoldItsPromises(reward, rows);
        Action sum = () => _ml.Transforms.WeightedReward((1, _ml.Transforms.RegexReward("a"), "a"), (1, _ml.Transforms.RegexReward("b"), "Reward"));
        sum.Should().Throw<InvalidOptionsException>().WithMessage("*RewardColumnNames is a, Reward, expected other names than Reward, where the sum is.");
        Action twice = () => _ml.Transforms.WeightedReward((1, _ml.Transforms.RegexReward("a"), "a"), (1, _ml.Transforms.RegexReward("b"), "a"));
        twice.Should().Throw<InvalidOptionsException>().WithMessage("*RewardColumnNames is a, a, expected names of columns, each once.");
    }

    [Fact]
    public void An_estimator_that_writes_no_Reward_is_found_out()
    {
        Action fit = () => _ml.Transforms.WeightedReward(
            (1, _ml.Transforms.CopyColumns("Reward", "A")),
            (1, _ml.Transforms.CopyColumns("Other", "A"))).Fit(Rows());
        fit.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Reward'*");
    }

    [Fact]
    public Task It_holds_its_promises() => _ml.ShouldHoldItsPromises(
        _ml.Transforms.WeightedReward(new WeightedRewardOptions { RewardColumnNames = ["B", "A"], Weights = [0.1, 3], OutputColumnName = "Sum" }),
        Rows());

    [Fact]
    public void An_infinite_reward_is_named()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Row { A = 1 }, new Row { B = float.NegativeInfinity }]);
        Action read = () => _ml.Transforms.WeightedReward((1, "A"), (1, "B")).Rewards(rows);
        read.Should().Throw<ArgumentException>().WithMessage("Column 'B' holds -Infinity in row 1, expected a finite reward, or NaN for no value.");
    }

    [Fact]
    public void All_options_out_of_range_are_named()
    {
        Action none = () => _ml.Transforms.WeightedReward(new WeightedRewardOptions());
        none.Should().Throw<ArgumentException>().WithMessage("*RewardColumnNames is empty, expected at least one column*");
        Action twice = () => _ml.Transforms.WeightedReward((1, "A"), (double.NaN, "A"));
        twice.Should().Throw<ArgumentException>().WithMessage("*RewardColumnNames is A, A, expected names of columns, each once; Weights is not finite*");
        Action few = () => _ml.Transforms.WeightedReward(new WeightedRewardOptions { RewardColumnNames = ["A", "B"], Weights = [1] });
        few.Should().Throw<ArgumentException>().WithMessage("*Weights is 1 weights, expected one for each of the 2 rewards.");
        Action nothing = () => _ml.Transforms.WeightedReward((0, "A"), (0, "B"));
        nothing.Should().Throw<ArgumentException>().WithMessage("*Weights is 0 for every reward, expected at least one that is not 0*");
    }

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(
    [
        new Row { A = 1, B = 0.5f }, new Row { A = 1, B = float.NaN }, new Row { A = float.NaN, B = -1 }, new Row { A = float.NaN, B = float.NaN },
    ]);

    private sealed class Row
    {
        public float A { get; init; }

        public float B { get; init; }
    }

    private sealed class Answer
    {
        public string Response { get; init; } = "";

        public string Answer_ { get; init; } = "";

        [VectorType]
        public int[] ResponseTokenIds { get; init; } = [];
    }
}
