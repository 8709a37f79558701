using System.Text.Json;

namespace MLNetAttn.Transforms.Tests;

public class RhythmCreditFunctionGoldenTests
{
    private static readonly Dictionary<string, CreditStrategy> Strategies = new()
    {
        ["uniform"] = CreditStrategy.Uniform,
        ["local"] = CreditStrategy.Local,
        ["global"] = CreditStrategy.Global,
        ["coupled"] = CreditStrategy.Coupled,
        ["entropy"] = CreditStrategy.HighEntropy,
    };

    public static IEnumerable<TheoryDataRow<string>> RhythmFiles() => Golden.Files("rhythm", "*.json").Where(row => row.Data is not ("credit" or "layers"));

    [Fact]
    public void Credit_and_roles_equal_the_reference_with_and_without_ties_for_every_option_set()
    {
        int compared = 0;
        foreach (JsonElement arrays in Golden.Json("rhythm", "credit.json").EnumerateArray())
        {
            foreach (JsonElement result in arrays.GetProperty("results").EnumerateArray())
            {
                Check(Signals(arrays), Options(result.GetProperty("strategy").GetString()!, result.GetProperty("options")), result);
                compared++;
            }
        }
        compared.Should().BePositive();
    }

    [Theory]
    [MemberData(nameof(RhythmFiles))]
    public void Credit_of_a_models_rhythm_equals_the_reference(string name)
    {
        Golden.Require("rhythm", name + ".json");
        int compared = 0;
        foreach (JsonElement rhythm in Golden.Json("rhythm", name + ".json").GetProperty("cases").EnumerateArray())
        {
            foreach (JsonProperty credit in rhythm.GetProperty("credit").EnumerateObject())
            {
                Check(Signals(rhythm), new CreditOptions { Strategy = Strategies[credit.Name] }, credit.Value);
                compared++;
            }
        }
        compared.Should().BePositive();
    }

    [Theory]
    [MemberData(nameof(RhythmFiles))]
    public void Flow_credit_selects_the_tokens_of_the_reference(string name)
    {
        int compared = 0;
        foreach (JsonElement rhythm in Golden.Json("rhythm", name + ".json").GetProperty("cases").EnumerateArray())
        {
            if (!rhythm.TryGetProperty("flow", out JsonElement flow)) continue;
            double[] throughput = Numbers(flow.GetProperty("throughput"))[rhythm.GetProperty("prompt_length").GetInt32()..];
            CreditAssignment actual = RhythmCreditFunction.Assign(
                new TokenSignals { Count = throughput.Length, Flow = throughput },
                new CreditOptions { Strategy = CreditStrategy.Flow });
            With(actual, TokenRoles.Selected).Should().Equal(Tokens(flow, "selected"));
            compared++;
        }
        compared.Should().BePositive();
    }

    [Theory]
    [MemberData(nameof(RhythmFiles))]
    public void Changes_of_waad_equal_the_reference(string name)
    {
        foreach (JsonElement rhythm in Golden.Json("rhythm", name + ".json").GetProperty("cases").EnumerateArray())
            TokenRanking.Delta(Numbers(rhythm.GetProperty("waad"))).Should().Equal(Numbers(rhythm.GetProperty("delta")));
    }

    private static void Check(TokenSignals signals, CreditOptions options, JsonElement expected)
    {
        string because = $"{options.Strategy} q={options.Fraction} bottom={options.Bottom} on {signals.Count} tokens";
        CreditAssignment actual = RhythmCreditFunction.Assign(signals, options);
        double[] gamma = Numbers(expected.GetProperty("gamma"));
        actual.Credit.Should().HaveSameCount(gamma, because);
        for (int token = 0; token < gamma.Length; token++) actual.Credit[token].Should().BeApproximately(gamma[token], 1e-12, because);

        With(actual, TokenRoles.Preplan).Should().Equal(Tokens(expected, "preplans"), because);
        With(actual, TokenRoles.Anchor | TokenRoles.DominatedAnchor).Should().Equal(Tokens(expected, "anchors"), because);
        With(actual, TokenRoles.DominatedAnchor).Should().Equal(Tokens(expected, "dominated"), because);
        With(actual, TokenRoles.Introduction).Should().Equal(Tokens(expected, "introductions"), because);
        With(actual, TokenRoles.Selected).Should().Equal(Tokens(expected, "selected"), because);
    }

    private static TokenSignals Signals(JsonElement arrays)
    {
        double[] waad = Numbers(arrays.GetProperty("waad"));
        return new TokenSignals
        {
            Count = waad.Length,
            Waad = waad,
            Fai = Numbers(arrays.GetProperty("fai")),
            Entropy = Numbers(arrays.GetProperty("entropy")),
        };
    }

    private static CreditOptions Options(string strategy, JsonElement given)
    {
        double Number(string name, double otherwise) => given.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;
        double? Optional(string name) =>
            given.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
        var defaults = new CreditOptions();
        given.EnumerateObject().Select(option => option.Name).Should().BeSubsetOf(["q", "k", "alpha", "amp", "tau_waad", "tau_delta", "bottom"]);
        return new CreditOptions
        {
            Strategy = Strategies[strategy],
            Fraction = Number("q", defaults.Fraction),
            IntroductionReach = (int)Number("k", defaults.IntroductionReach),
            IntroductionShare = Number("alpha", defaults.IntroductionShare),
            Amplification = Number("amp", defaults.Amplification),
            DominatedWaad = Optional("tau_waad"),
            DominatingDelta = Optional("tau_delta"),
            Bottom = given.TryGetProperty("bottom", out JsonElement bottom) && bottom.GetBoolean(),
        };
    }

    private static int[] With(CreditAssignment assignment, TokenRoles any) =>
        [.. Enumerable.Range(0, assignment.Roles.Length).Where(token => (assignment.Roles[token] & any) != 0)];

    private static int[] Tokens(JsonElement expected, string role) =>
        expected.TryGetProperty(role, out JsonElement tokens) ? [.. tokens.EnumerateArray().Select(token => token.GetInt32())] : [];

    private static double[] Numbers(JsonElement array) =>
        [.. array.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble())];
}
