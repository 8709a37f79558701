using System.Text.Json;
using Microsoft.ML;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators.Tests;

public class SupervisedFineTuningTrainerGoldenTests
{
    [Fact]
    public void Losses_norms_rates_and_parameters_equal_TRL()
    {
        JsonElement golden = Golden.Json(TrainingGolden.Folder, "sft.json"), settings = golden.GetProperty("settings");
        settings.EnumerateObject().Select(setting => setting.Name).Should().BeSubsetOf(
            ["seed", "prompt_lengths", "completion_lengths", "steps", "warmup_steps", "lr", "betas", "eps", "weight_decay", "max_grad_norm"]);
        JsonElement[] steps = [.. golden.GetProperty("per_step").EnumerateArray()];
        foreach (JsonElement step in steps)
            step.EnumerateObject().Select(entry => entry.Name).Should().BeEquivalentTo(
                "step", "loss", "grad_norm", "learning_rate", "learning_rate_logged", "entropy", "mean_token_accuracy");
        using var expected = new TrainingGolden("sft.safetensors");
        using CausalLanguageModel model = TrainingGolden.LoadModel();
        var ml = new MLContext();
        IDataView rows = ml.Data.LoadFromEnumerable(SupervisedRow.Of(golden.GetProperty("batch")));
        var told = new ProgressList();

        using var policy = new SupervisedFineTuningTrainer(ml, model, new SupervisedFineTuningOptions
        {
            Steps = settings.GetProperty("steps").GetInt32(),
            BatchSize = golden.GetProperty("batch").GetProperty("input_ids").GetArrayLength(),
            LearningRate = settings.Value<double>("lr"),
            WarmupSteps = settings.GetProperty("warmup_steps").GetInt32(),
            AdamBeta1 = settings.Value<double[]>("betas")[0],
            AdamBeta2 = settings.Value<double[]>("betas")[1],
            AdamEpsilon = settings.Value<double>("eps"),
            WeightDecay = settings.Value<double>("weight_decay"),
            MaxGradientNorm = settings.Value<double>("max_grad_norm"),
            Progress = told,
        }).Fit(rows);

        told.Should().HaveCount(steps.Length);
        for (int i = 0; i < steps.Length; i++)
        {
            IReadOnlyDictionary<string, double> metrics = told[i].Metrics;
            double norm = steps[i].Value<double>("grad_norm");
            metrics["loss"].Should().BeApproximately(steps[i].Value<double>("loss"), 2e-6);
            metrics["grad_norm"].Should().BeApproximately(norm, 1e-5 * norm);
            metrics["entropy"].Should().BeApproximately(steps[i].Value<double>("entropy"), 5e-6);
            metrics["mean_token_accuracy"].Should().BeApproximately(steps[i].Value<double>("mean_token_accuracy"), 1e-7);
            metrics["learning_rate"].Should().BeApproximately(steps[i].Value<double>("learning_rate"), 1e-12);
        }
        expected.ShouldMatch($"step{steps.Length}.", name => policy.Model.Parameters[name], 2e-5, 1e-7);
    }
}
