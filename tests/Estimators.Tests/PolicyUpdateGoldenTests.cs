using System.Text.Json;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public class PolicyUpdateGoldenTests
{
    // What a run may say: settings, which tensors it saved, how far float32 rounds.
    private static readonly string[] Known =
    [
        "id", "loss_type", "temperature", "epsilon", "epsilon_high", "beta", "use_bias_correction_kl", "max_completion_length", "ref_per_token_logps",
        "lr", "betas", "eps", "weight_decay", "exempt_norms", "max_grad_norm", "steps", "save_grad", "save_steps", "save_only", "per_step",
        "rounding_float32_vs_float64",
    ];

    public static IEnumerable<TheoryDataRow<string>> Runs => Names("runs", json => json.EnumerateArray().Select(run => run.GetProperty("id").GetString()!));

    public static IEnumerable<TheoryDataRow<string>> Temperatures => Names("temperatures", json => json.EnumerateObject().Select(entry => entry.Name));

    [Theory]
    [MemberData(nameof(Temperatures))]
    public void Log_probabilities_and_entropies_equal_TRL(string temperature)
    {
        JsonElement golden = Load();
        using var scope = NewDisposeScope();
        using CausalLanguageModel model = TrainingGolden.LoadModel();
        TokenScores scores = PackedScores.Score(
            model.Decoder, Sequences(golden), double.Parse(temperature, System.Globalization.CultureInfo.InvariantCulture), entropies: EntropyUse.Value);
        JsonElement expected = golden.GetProperty("temperatures").GetProperty(temperature);
        scores.LogProbabilities.ShouldBe(expected.Tensor("per_token_logps")!, 5e-6, "log-probabilities");
        scores.Entropies!.ShouldBe(expected.Tensor("entropies")!, 5e-6, "entropies");
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Losses_metrics_gradients_and_parameters_equal_TRL_step_by_step(string id)
    {
        JsonElement golden = Load(), run = golden.GetProperty("runs").EnumerateArray().Single(entry => entry.GetProperty("id").GetString() == id);
        run.EnumerateObject().Select(setting => setting.Name).Should().BeSubsetOf(Known);
        bool savesGradient = run.Optional<bool>("save_grad") ?? false;
        int[] saved = run.Value<int[]>("save_steps");
        using var expected = new TrainingGolden("expected.safetensors");
        using CausalLanguageModel model = TrainingGolden.LoadModel();
        PolicyOptimizationOptions options = Options(run, rows: Sequences(golden).Length);
        using var policy = new LearningPolicy(model, options, totalUpdates: 1000);
        var update = new PolicyUpdate(policy, options);
        Rollout[] rollouts = Rollouts(golden, run);
        long tokens = rollouts.Sum(rollout => rollout.Sequence.ResponseIds.Length);

        foreach (JsonElement step in run.GetProperty("per_step").EnumerateArray())
        {
            Dictionary<string, double> metrics = update.Accumulate(rollouts, tokens);
            double norm = policy.Clip(), wantedNorm = step.Value<double>("grad_norm");
            metrics["loss"].Should().BeApproximately(step.Value<double>("loss"), 2e-6);
            norm.Should().BeApproximately(wantedNorm, 1e-5 * wantedNorm);
            metrics.ShouldHave(step.GetProperty("metrics"), 5e-6);
            int number = step.GetProperty("step").GetInt32();
            if (number == 1 && savesGradient) expected.ShouldMatch($"{id}.grad.", name => Gradient(policy, name), 2e-6);
            policy.Apply();
            if (saved.Contains(number)) expected.ShouldMatch($"{id}.step{number}.", name => policy.Model.Parameters[name], 2e-5, 1e-7);
        }
    }

    private static PolicyOptimizationOptions Options(JsonElement run, int rows) => new()
    {
        PromptsPerStep = 1,
        Generations = rows,
        LearningRate = run.Value<double>("lr"),
        AdamBeta1 = run.Value<double[]>("betas")[0],
        AdamBeta2 = run.Value<double[]>("betas")[1],
        AdamEpsilon = run.Value<double>("eps"),
        WeightDecay = run.Value<double>("weight_decay"),
        DecayNormsAndBiases = !run.GetProperty("exempt_norms").GetBoolean(),
        MaxGradientNorm = run.Value<double>("max_grad_norm"),
        Temperature = run.Value<double>("temperature"),
        MaxNewTokens = run.Optional<int>("max_completion_length") ?? 64,
        Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
        Loss = new PolicyLossOptions
        {
            Type = Enum.Parse<PolicyLossType>(run.GetProperty("loss_type").GetString()!.Replace("_", ""), ignoreCase: true),
            Epsilon = run.Value<double>("epsilon"),
            EpsilonHigh = run.Optional<double>("epsilon_high"),
            Beta = run.Optional<double>("beta") ?? 0,
            UseBiasCorrectionKl = run.Optional<bool>("use_bias_correction_kl") ?? true,
        },
    };

    private static TokenSequence[] Sequences(JsonElement golden)
    {
        JsonElement batch = golden.GetProperty("batch");
        return [.. TrainingGolden.Rows(batch, "prompt_ids", "prompt_mask")
            .Zip(TrainingGolden.Rows(batch, "completion_ids", "completion_mask"), (prompt, response) => new TokenSequence(prompt, response))];
    }

    private static Rollout[] Rollouts(JsonElement golden, JsonElement run)
    {
        double temperature = run.GetProperty("temperature").GetDouble();
        float[][] advantages = golden.GetProperty("batch").Value<float[][]>("advantages");
        float[][] old = golden.GetProperty("temperatures").EnumerateObject()
            .Single(entry => double.Parse(entry.Name, System.Globalization.CultureInfo.InvariantCulture) == temperature)
            .Value.Value<float[][]>("old_per_token_logps");
        float[][]? reference = run.TryGetProperty("ref_per_token_logps", out JsonElement found) ? found.Deserialize<float[][]>() : null;
        return [.. Sequences(golden).Select((sequence, row) => new Rollout
        {
            Sequence = sequence,
            Advantages = advantages[row][..sequence.ResponseIds.Length],
            OldLogProbabilities = old[row][..sequence.ResponseIds.Length],
            ReferenceLogProbabilities = reference?[row][..sequence.ResponseIds.Length],
        })];
    }

    private static Tensor Gradient(LearningPolicy policy, string name)
    {
        ParameterSlice slice = policy.Model.Decoder.Weights.Slices[name];
        return policy.Gradients[slice.Storage].narrow(0, slice.FirstRow, slice.Rows);
    }

    private static JsonElement Load() => Golden.Json(TrainingGolden.Folder, "expected.json");

    private static IEnumerable<TheoryDataRow<string>> Names(string part, Func<JsonElement, IEnumerable<string>> names)
    {
        bool present = Golden.Root is not null && File.Exists(Path.Combine(Golden.Root, TrainingGolden.Folder, "expected.json"));
        return (present ? names(Load().GetProperty(part)) : [Golden.Absent]).Select(name => new TheoryDataRow<string>(name));
    }
}
