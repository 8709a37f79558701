using System.Text.Json;

namespace MLNetAttn.Estimators.Tests;

public class AdvantagesGoldenTests
{
    private const string Folder = "advantages";

    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenCases.Names(Folder);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Advantages_and_metrics_equal_TRL_in_double(string name)
    {
        Golden.Require(Folder);
        JsonElement golden = GoldenCases.Find(Folder, name), options = golden.GetProperty("options"), expected = golden.GetProperty("expected");
        options.EnumerateObject().Select(option => option.Name)
            .Should().BeSubsetOf(["num_generations", "scale_rewards", "multi_objective_aggregation", "reward_weights"]);
        double?[][] rows = golden.Value<double?[][]>("rewards_per_func");
        double[][] rewards = [.. rows.Select(row => row.Select(reward => reward ?? double.NaN).ToArray())];

        GroupAdvantages found = Advantages.Compute(rewards, options.GetProperty("num_generations").GetInt32(), new AdvantageOptions
        {
            ScaleRewards = Scale(options.GetProperty("scale_rewards")),
            Aggregation = Enum.Parse<RewardAggregation>(options.GetProperty("multi_objective_aggregation").GetString()!.Replace("_", ""), ignoreCase: true),
            RewardWeights = options.Value<double[]?>("reward_weights"),
        });

        double[] advantages = expected.Value<double[]>("advantages");
        found.Values.Should().HaveCount(advantages.Length);
        for (int row = 0; row < advantages.Length; row++) found.Values[row].Should().BeApproximately(advantages[row], 1e-10, $"row {row}");
        found.Metrics.ShouldHave(expected.GetProperty("metrics"), 1e-6);
    }

    // TRL takes true for group and false for none.
    private static RewardScale Scale(JsonElement scale) => scale.ValueKind switch
    {
        JsonValueKind.True => RewardScale.Group,
        JsonValueKind.False => RewardScale.None,
        _ => Enum.Parse<RewardScale>(scale.GetString()!, ignoreCase: true),
    };
}
