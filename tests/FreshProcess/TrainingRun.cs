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
    public static string Train(MLContext ml, string modelFolder, string folder, int steps)
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(modelFolder);
        using PolicyTransformer policy = ml.Policies.Trainers.PolicyOptimization(model, ml.Transforms.CountdownReward(), new PolicyOptimizationOptions
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
        }).Fit(ml.Data.LoadFromEnumerable(Countdown.Generate(200, seed: 1)));
        return policy.Model.Fingerprint;
    }

    private sealed class Lines : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Console.WriteLine($"step {value.Step}");
    }
}
