using Microsoft.ML;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.FreshProcess;

/// <summary>A short training that can be killed at any moment.</summary>
internal static class TrainingRun
{
    /// <summary>Trains, and returns the fingerprint of the trained model.</summary>
    /// <param name="ml">ML.NET's.</param>
    /// <param name="modelFolder">The model to start from.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="steps">Steps in all.</param>
    /// <param name="adapter">Whether an adapter is trained, by two updates a step and with a checkpoint after every second one, instead of all weights.</param>
    public static string Train(MLContext ml, string modelFolder, string folder, int steps, bool adapter)
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(modelFolder);
        var options = new PolicyOptimizationOptions
        {
            Steps = steps,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 96,
            LearningRate = 2e-4,
            OutputFolder = folder,
            CheckpointEvery = 1,
            Resume = true,
            Progress = new Lines(),
        };
        if (adapter) options = options with { MiniBatches = 2, CheckpointEvery = 2, Lora = new LoraOptions { Rank = 2, Dropout = 0.1 } };
        using PolicyTransformer policy = ml.Policies.Trainers.PolicyOptimization(model, ml.Transforms.CountdownReward(), options)
            .Fit(ml.Data.LoadFromEnumerable(Countdown.Generate(200, seed: 1)));
        return policy.Model.Fingerprint;
    }

    private sealed class Lines : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Console.WriteLine($"step {value.Step}");
    }
}
