using Microsoft.ML;
using Microsoft.ML.Transforms;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

/// <summary>A run in a folder, of a tiny model.</summary>
public abstract class CheckpointFixture : IDisposable
{
    private protected MLContext Ml { get; } = new();

    private protected CausalLanguageModel Model { get; } = TinyModels.Create();

    private protected TemporaryFolder Folder { get; } = new();

    private protected IDataView Prompts { get; }

    protected CheckpointFixture() => Prompts = Ml.Data.LoadFromEnumerable(PromptRow.Make(20));

    private protected string Output => Path.Combine(Folder.Path, "run");

    public void Dispose()
    {
        Model.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected int[] Steps() =>
    [
        .. Directory.EnumerateDirectories(Output, "checkpoint-*")
            .Select(path => int.Parse(Path.GetFileName(path)["checkpoint-".Length..], System.Globalization.CultureInfo.InvariantCulture))
            .Order(),
    ];

    private protected PolicyOptimizationOptions Options(
        int steps = 2, bool resume = false, double learningRate = 1e-3, long seed = 1, string? folder = "") => new()
        {
            Steps = steps,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 12,
            LearningRate = learningRate,
            Seed = seed,
            Resume = resume,
            CheckpointEvery = 2,
            OutputFolder = folder is null ? null : Output,
            Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
        };

    private protected CustomMappingEstimator<RewardInput, RewardOutput> Reward() =>
        Ml.Transforms.CustomMapping<RewardInput, RewardOutput>(
            (row, reward) => reward.Reward = row.ResponseTokenIds.Count(id => id == 5) / (float)row.ResponseTokenIds.Length, null);

    private protected Dictionary<string, float[]> Train(
        PolicyOptimizationOptions options, IEstimator<ITransformer>? reward = null, IDataView? validation = null)
    {
        PolicyOptimizationTrainer trainer = Ml.Policies.Trainers.PolicyOptimization(Model, reward ?? Reward(), options);
        using PolicyTransformer policy = validation is null ? trainer.Fit(Prompts) : trainer.Fit(Prompts, validation);
        return TinyModels.Snapshot(policy.Model);
    }
}
