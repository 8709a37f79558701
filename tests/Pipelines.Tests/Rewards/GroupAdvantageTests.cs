using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;

namespace MLNetAttn.Pipelines;

public sealed class GroupAdvantageTests
{
    private const string Cases = "cases.json";

    private readonly MLContext _ml = new(seed: 1);

    public static IEnumerable<TheoryDataRow<string>> Names() => Golden.Root is { } root && File.Exists(Path.Combine(root, "advantages", Cases))
        ? Golden.Json("advantages", Cases).GetProperty("cases").EnumerateArray().Select(one => new TheoryDataRow<string>(one.GetProperty("id").GetString()!))
        : [new TheoryDataRow<string>(Golden.Absent)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Advantages_equal_the_ones_of_TRL(string name)
    {
        JsonElement golden = Golden.Json("advantages", Cases).GetProperty("cases").EnumerateArray()
                .Single(one => one.GetProperty("id").GetString() == name),
            options = golden.GetProperty("options");
        float[][] rewards = [.. golden.GetProperty("rewards_per_func").EnumerateArray().Select(row => row.EnumerateArray()
            .Select(value => value.ValueKind == JsonValueKind.Null ? float.NaN : value.GetSingle())
            .ToArray())];
        int generations = options.GetProperty("num_generations").GetInt32();
        // Rows of a group need not follow each other.
        int[] order = [.. Enumerable.Range(0, rewards.Length).OrderBy(row => row % generations)];
        IDataView rows = _ml.Data.LoadFromEnumerable(order.Select(row => new GoldenRow { Rewards = rewards[row], Group = $"prompt {row / generations}" }));
        string[] names = [.. rewards[0].Select((_, function) => $"R{function}")];
        foreach ((int function, string column) in names.Index())
        {
            var pick = _ml.Transforms.CustomMapping<GoldenRow, PickedReward>((row, picked) => picked.Picked = row.Rewards[function], null)
                .Append(_ml.Transforms.CopyColumns(column, nameof(PickedReward.Picked)))
                .Append(_ml.Transforms.DropColumns(nameof(PickedReward.Picked)));
            rows = pick.Fit(rows).Transform(rows);
        }

        float[] found = _ml.Transforms.GroupAdvantage(new GroupAdvantageOptions
        {
            RewardColumnNames = names,
            Advantage = new AdvantageOptions
            {
                // TRL takes true for group and false for none.
                ScaleRewards = options.GetProperty("scale_rewards") switch
                {
                    { ValueKind: JsonValueKind.True } => RewardScale.Group,
                    { ValueKind: JsonValueKind.False } => RewardScale.None,
                    var scale => Enum.Parse<RewardScale>(scale.GetString()!, ignoreCase: true),
                },
                Aggregation = Enum.Parse<RewardAggregation>(options.GetProperty("multi_objective_aggregation").GetString()!.Replace("_", ""), ignoreCase: true),
                RewardWeights = options.GetProperty("reward_weights") is { ValueKind: JsonValueKind.Array } weights
                    ? [.. weights.EnumerateArray().Select(weight => weight.GetDouble())]
                    : null,
            },
        }).Rewards(rows, "Advantage");

        double[] expected = [.. golden.GetProperty("expected").GetProperty("advantages").EnumerateArray().Select(value => value.GetDouble())];
        for (int i = 0; i < order.Length; i++)
            ((double)found[i]).Should().BeApproximately(expected[order[i]], 1e-6 * Math.Max(1, Math.Abs(expected[order[i]])), $"row {order[i]}");
    }

    [Fact]
    public void Groups_of_different_sizes_have_mean_0_and_one_alone_has_none()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(
        [
            new Row { A = 1, Group = "x" },
            new Row { A = 7, Group = "alone" },
            new Row { A = 2, Group = "x" },
            new Row { A = 6, Group = "x" },
        ]);
        float[] advantages = _ml.Transforms.GroupAdvantage("A", scaleRewards: RewardScale.None).Rewards(rows, "Advantage");
        advantages.Should().Equal(-2, 0, -1, 3);
    }

    [Fact]
    public void Numbers_name_groups_too()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(
        [
            new Numbered { Reward = 1, Group = 3, Wide = 1L << 40 },
            new Numbered { Reward = 3, Group = 3, Wide = 1L << 40 },
            new Numbered { Reward = 8, Group = 4, Wide = -1 },
        ]);
        _ml.Transforms.GroupAdvantage(scaleRewards: RewardScale.None).Rewards(rows, "Advantage").Should().Equal(-1, 1, 0);
        _ml.Transforms.GroupAdvantage(groupColumnName: "Wide", scaleRewards: RewardScale.None).Rewards(rows, "Advantage").Should().Equal(-1, 1, 0);
    }

    [Fact]
    public Task Keys_name_groups_by_their_values() => _ml.ShouldHoldItsPromises(
        _ml.Transforms.GroupAdvantage("B", "Key"),
        _ml.Transforms.Conversion.MapValueToKey("Key", "Group").Fit(Rows()).Transform(Rows()));

    [Fact]
    public void A_key_means_its_value_whatever_its_number()
    {
        IDataView seen = Keyed("x", "y"), later = Keyed("y", "x");
        _ml.Transforms.GroupAdvantage("A", "Key", scaleRewards: RewardScale.None).Fit(seen).Transform(later)
            .GetColumn<float>("Advantage").Should().Equal(2, -2, -1, 1);

        IDataView Keyed(params string[] groups)
        {
            Row[] rows = [.. groups.SelectMany(group => (Row[])
            [
                new Row { A = group == "x" ? 1 : 5, Group = group },
                new Row { A = group == "x" ? 3 : 1, Group = group },
            ])];
            IDataView view = _ml.Data.LoadFromEnumerable(rows);
            return _ml.Transforms.Conversion.MapValueToKey("Key", "Group").Fit(view).Transform(view);
        }
    }

    [Theory]
    [InlineData(RewardAggregation.SumThenNormalize)]
    [InlineData(RewardAggregation.NormalizeThenSum)]
    public Task It_holds_its_promises(RewardAggregation aggregation) => _ml.ShouldHoldItsPromises(
        _ml.Transforms.GroupAdvantage(new GroupAdvantageOptions
        {
            RewardColumnNames = ["B", "A"],
            OutputColumnName = "Â",
            Advantage = new AdvantageOptions { Aggregation = aggregation, RewardWeights = [0.5, 2] },
        }),
        Rows());

    [Fact]
    public void A_prediction_engine_compares_with_the_groups_of_Fit()
    {
        using PredictionEngine<Row, Compared> engine = _ml.Model.CreatePredictionEngine<Row, Compared>(
            _ml.Transforms.GroupAdvantage("A", scaleRewards: RewardScale.None).Fit(Rows()));
        engine.Predict(new Row { A = 5, Group = "x" }).Advantage.Should().Be(3.5f);
        Action unknown = () => engine.Predict(new Row { A = 5, Group = "z" });
        unknown.Should().Throw<InvalidOperationException>().WithMessage("*column 'Group' names group 'z', which is none of the 2*");
    }

    [Fact]
    public void No_rows_infinite_rewards_and_bad_options_are_refused()
    {
        Action empty = () => _ml.Transforms.GroupAdvantage("A").Fit(_ml.Data.LoadFromEnumerable(Array.Empty<Row>()));
        empty.Should().Throw<InvalidOperationException>().WithMessage("*no rows*");
        Action infinite = () => _ml.Transforms.GroupAdvantage("A").Fit(_ml.Data.LoadFromEnumerable([new Row { A = float.PositiveInfinity, Group = "x" }]));
        infinite.Should().Throw<ArgumentException>().WithMessage("Column 'A' holds Infinity in row 0*");
        Action nobody = () => _ml.Transforms.GroupAdvantage("A").Fit(_ml.Data.LoadFromEnumerable([new Row { A = 1 }]));
        nobody.Should().Throw<InvalidOperationException>().WithMessage("Row 0: column 'Group' is empty text*");
        Action weights = () => _ml.Transforms.GroupAdvantage(new GroupAdvantageOptions { Advantage = new AdvantageOptions { RewardWeights = [1, 2] } });
        weights.Should().Throw<ArgumentException>().WithMessage("*Advantage.RewardWeights is 2 weights, expected one for each of the 1 reward functions*");
        Action names = () => _ml.Transforms.GroupAdvantage(rewardColumnName: "", groupColumnName: "");
        names.Should().Throw<ArgumentException>().WithMessage("GroupAdvantageOptions: RewardColumnNames*GroupColumnName is empty*");
    }

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(
    [
        new Row { A = 1, B = 0, Group = "x" },
        new Row { A = 2, B = float.NaN, Group = "x" },
        new Row { A = 0.5f, B = 3, Group = "y" },
        new Row { A = float.NaN, B = float.NaN, Group = "y" },
        new Row { A = 4, B = 1, Group = "y" },
    ]);

    private sealed class GoldenRow
    {
        public float[] Rewards { get; set; } = [];

        public string Group { get; set; } = "";
    }

    private sealed class PickedReward
    {
        public float Picked { get; set; }
    }

    private sealed class Row
    {
        public float A { get; init; }

        public float B { get; init; }

        public string Group { get; init; } = "";
    }

    private sealed class Numbered
    {
        public float Reward { get; init; }

        public int Group { get; init; }

        public long Wide { get; init; }
    }

    private sealed class Compared
    {
        public float Advantage { get; set; }
    }
}
