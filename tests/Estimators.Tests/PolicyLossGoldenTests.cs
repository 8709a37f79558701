using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public class PolicyLossGoldenTests
{
    private const string Folder = "policy-loss", Clamped = "expected_log_ratio_clamped_20";

    private static readonly string[] Known =
    [
        "loss_type", "importance_sampling_level", "epsilon", "epsilon_high", "delta", "beta", "use_bias_correction_kl", "top_entropy_quantile", "entropy_coef",
        "max_completion_length", "gradient_accumulation_steps", "steps_per_generation",
    ];

    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenCases.Names(Folder);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_gradients_and_metrics_equal_TRL(string name)
    {
        JsonElement golden = Require(name);
        Check(golden, golden.GetProperty("expected"), clampLogRatio: false);
    }

    /// <summary>Cases that float32 has enough digits for, by their names.</summary>
    public static IEnumerable<TheoryDataRow<string>> OrdinaryCases => Cases.Where(entry => !entry.Data.Contains("extreme", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(OrdinaryCases))]
    public void In_float32_which_training_computes_in_they_equal_TRL_within_its_rounding(string name)
    {
        JsonElement golden = Require(name);
        Check(golden, golden.GetProperty("expected"), clampLogRatio: false, ScalarType.Float32, tolerance: 1e-5);
    }

    /// <summary>Cases whose log-ratios stay within the bound, or that say what a clamped one gives.</summary>
    public static IEnumerable<TheoryDataRow<string>> BoundedCases =>
        Cases.Where(entry => entry.Data == Golden.Absent
            || GoldenCases.Find(Folder, entry.Data) is var golden && (golden.TryGetProperty(Clamped, out _) || LargestLogRatio(golden) < 20));

    [Theory]
    [MemberData(nameof(BoundedCases))]
    public void With_the_log_ratio_clamped_ordinary_cases_are_unchanged_and_extreme_ones_bounded(string name)
    {
        JsonElement golden = Require(name);
        Check(golden, golden.TryGetProperty(Clamped, out JsonElement clamped) ? clamped : golden.GetProperty("expected"), clampLogRatio: true);
    }

    private static JsonElement Require(string name)
    {
        Golden.Require(Folder);
        return GoldenCases.Find(Folder, name);
    }

    private static void Check(JsonElement golden, JsonElement expected, bool clampLogRatio, ScalarType type = ScalarType.Float64, double tolerance = 1e-12)
    {
        using var scope = NewDisposeScope();
        JsonElement inputs = golden.GetProperty("inputs"), options = golden.GetProperty("options");
        options.EnumerateObject().Select(option => option.Name).Should().BeSubsetOf(Known);
        Tensor logp = Read("per_token_logps")!.requires_grad_(true), entropies = Read("entropies")!.requires_grad_(true);
        Tensor mask = inputs.Tensor("completion_mask")!;
        if (inputs.Tensor("tool_mask") is { } toolMask) mask = mask * toolMask;
        bool train = golden.GetProperty("mode").GetString() == "train";

        PolicyLossResult result = PolicyLoss.Compute(
            new PolicyLossBatch
            {
                LogProbabilities = logp,
                OldLogProbabilities = Read("old_per_token_logps"),
                ReferenceLogProbabilities = Read("ref_per_token_logps"),
                Entropies = entropies,
                Advantages = Read("advantages")!,
                Mask = mask,
                TokensInBatch = inputs.GetProperty("num_items_in_batch").GetInt64(),
                MaxCompletionLength = options.GetProperty("max_completion_length").GetInt32(),
                GradientAccumulationSteps = train ? options.GetProperty("gradient_accumulation_steps").GetInt32() : 1,
                StepsPerGeneration = train ? options.GetProperty("steps_per_generation").GetInt32() : 1,
            },
            new PolicyLossOptions
            {
                Type = Enum.Parse<PolicyLossType>(options.GetProperty("loss_type").GetString()!.Replace("_", ""), ignoreCase: true),
                ImportanceSampling = Enum.Parse<ImportanceSampling>(
                    options.GetProperty("importance_sampling_level").GetString()!.Replace("_", ""), ignoreCase: true),
                Epsilon = options.Value<double>("epsilon"),
                EpsilonHigh = options.Optional<double>("epsilon_high"),
                // TRL does not look at it there, and we refuse what would do nothing.
                Delta = options.GetProperty("loss_type").GetString() == "cispo" ? null : options.Optional<double>("delta"),
                Beta = options.Value<double>("beta"),
                UseBiasCorrectionKl = options.GetProperty("use_bias_correction_kl").GetBoolean(),
                TopEntropyQuantile = options.Value<double>("top_entropy_quantile"),
                EntropyCoefficient = options.Value<double>("entropy_coef"),
                ClampLogRatio = clampLogRatio,
            });

        double loss = expected.Value<double>("loss");
        result.Loss.ToDouble().Should().BeApproximately(loss, tolerance * Math.Max(1, Math.Abs(loss)));
        Gradient(result.Loss, logp).ShouldBe(expected.Tensor("grad_per_token_logps")!, tolerance, "grad_per_token_logps");
        if (expected.TryGetProperty("grad_entropies", out _))
            Gradient(result.Loss, entropies).ShouldBe(expected.Tensor("grad_entropies")!, tolerance, "grad_entropies");
        result.Metrics.ShouldHave(expected.GetProperty("metrics"), Math.Max(1e-6, tolerance));

        Tensor? Read(string input) => inputs.Tensor(input)?.to(type);
    }

    private static Tensor Gradient(Tensor loss, Tensor input) => autograd.grad([loss], [input], retain_graph: true)[0];

    private static double LargestLogRatio(JsonElement golden)
    {
        JsonElement inputs = golden.GetProperty("inputs");
        if (inputs.GetProperty("old_per_token_logps").ValueKind == JsonValueKind.Null) return 0;
        double[][] logp = inputs.Value<double[][]>("per_token_logps"), old = inputs.Value<double[][]>("old_per_token_logps");
        return logp.Zip(old, (row, oldRow) => row.Zip(oldRow, (a, b) => Math.Abs(a - b)).Max()).Max();
    }
}
