using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public class PolicyLossGoldenTests
{
    private const string Folder = "policy-loss", Clamped = "expected_log_ratio_clamped_20";

    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenCases.Names(Folder);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_gradients_and_metrics_equal_TRL(string name)
    {
        JsonElement golden = Require(name);
        Check(golden, golden.GetProperty("expected"), clampLogRatio: false);
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

    private static void Check(JsonElement golden, JsonElement expected, bool clampLogRatio)
    {
        using var scope = NewDisposeScope();
        JsonElement inputs = golden.GetProperty("inputs"), options = golden.GetProperty("options");
        Tensor logp = inputs.Tensor("per_token_logps")!.requires_grad_(true), entropies = inputs.Tensor("entropies")!.requires_grad_(true);
        Tensor mask = inputs.Tensor("completion_mask")!;
        if (inputs.Tensor("tool_mask") is { } toolMask) mask = mask * toolMask;
        bool train = golden.GetProperty("mode").GetString() == "train";

        PolicyLossResult result = PolicyLoss.Compute(
            new PolicyLossBatch
            {
                LogProbabilities = logp,
                OldLogProbabilities = inputs.Tensor("old_per_token_logps"),
                ReferenceLogProbabilities = inputs.Tensor("ref_per_token_logps"),
                Entropies = entropies,
                Advantages = inputs.Tensor("advantages")!,
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
                Delta = options.Optional<double>("delta"),
                Beta = options.Value<double>("beta"),
                UseBiasCorrectionKl = options.GetProperty("use_bias_correction_kl").GetBoolean(),
                TopEntropyQuantile = options.Value<double>("top_entropy_quantile"),
                EntropyCoefficient = options.Value<double>("entropy_coef"),
                ClampLogRatio = clampLogRatio,
            });

        double loss = expected.Value<double>("loss");
        result.Loss.ToDouble().Should().BeApproximately(loss, 1e-12 * Math.Max(1, Math.Abs(loss)));
        Gradient(result.Loss, logp).ShouldBe(expected.Tensor("grad_per_token_logps")!, 1e-12, "grad_per_token_logps");
        if (expected.TryGetProperty("grad_entropies", out _))
            Gradient(result.Loss, entropies).ShouldBe(expected.Tensor("grad_entropies")!, 1e-12, "grad_entropies");
        result.Metrics.ShouldHave(expected.GetProperty("metrics"), 1e-6);
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
