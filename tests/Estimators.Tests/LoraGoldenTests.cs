using System.Text.Json;
using Microsoft.ML;
using MLNetAttn.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public class LoraGoldenTests
{
    // Of the adapter itself, which is in its files, and of how the batch was drawn, too.
    private static readonly string[] Known =
    [
        "id", "seed", "r", "lora_alpha", "use_rslora", "b_std", "target_modules", "batch", "length", "prompt_lengths", "completion_lengths",
        "lr", "betas", "eps", "weight_decay", "steps",
    ];

    public static IEnumerable<TheoryDataRow<string>> Names => Golden.Folders("lora", "adapter_config.json");

    [Theory]
    [MemberData(nameof(Names))]
    public void Losses_adapters_and_logits_after_steps_equal_PEFTs(string name)
    {
        JsonElement golden = Golden.Json("lora", name, "expected.json"), settings = golden.GetProperty("settings");
        settings.EnumerateObject().Select(setting => setting.Name).Should().BeSubsetOf(Known);
        string folder = Golden.Require("lora", name);
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> expected = SafetensorsReader.ReadAll(Path.Combine(folder, "expected.safetensors"));
        using CausalLanguageModel start = CausalLanguageModel.FromPretrained(Golden.AdapterBase(folder)), model = start.WithAdapter(folder);
        Dictionary<string, float[]> before = TinyModels.Snapshot(start);
        var ml = new MLContext();
        var told = new ProgressList();

        using var policy = new SupervisedFineTuningTrainer(ml, model, new SupervisedFineTuningOptions
        {
            Steps = settings.GetProperty("steps").GetInt32(),
            BatchSize = golden.GetProperty("batch").GetProperty("input_ids").GetArrayLength(),
            LearningRate = settings.Value<double>("lr"),
            Schedule = LearningRateSchedule.Constant,
            AdamBeta1 = settings.Value<double[]>("betas")[0],
            AdamBeta2 = settings.Value<double[]>("betas")[1],
            AdamEpsilon = settings.Value<double>("eps"),
            WeightDecay = settings.Value<double>("weight_decay"),
            MaxGradientNorm = double.PositiveInfinity,
            Progress = told,
        }).Fit(ml.Data.LoadFromEnumerable(SupervisedRow.Of(golden.GetProperty("batch"))));

        double[] losses = golden.Value<double[]>("loss_per_step");
        told.Should().HaveCount(losses.Length);
        for (int i = 0; i < losses.Length; i++) told[i].Metrics["loss"].Should().BeApproximately(losses[i], 2e-6);
        string last = $"step{losses.Length}.";
        policy.Model.AdapterParameters.Should().NotBeEmpty().And.HaveCount(expected.Keys.Count(key => key.StartsWith(last, StringComparison.Ordinal)));
        foreach ((string key, Tensor found) in policy.Model.AdapterParameters) Largest(found, expected[last + key]).Should().BeLessThanOrEqualTo(1e-5, key);
        Largest(policy.Model.Forward(expected["input_ids"]), expected["logits.after_steps"]).Should().BeLessThanOrEqualTo(5e-6);
        TinyModels.Snapshot(policy.Model).ShouldEqual(before);
    }

    private static double Largest(Tensor found, Tensor expected) => (found.detach() - expected).abs().max().ToDouble();
}
