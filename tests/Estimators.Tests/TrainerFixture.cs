using Microsoft.ML;
using Microsoft.ML.Transforms;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators.Tests;

/// <summary>A trainer of a tiny model, and what it warns of and fails with.</summary>
public abstract class TrainerFixture : IDisposable
{
    private protected MLContext Ml { get; } = new();

    private protected CausalLanguageModel Model { get; } = TinyModels.Create();

    private protected IDataView Rows { get; }

    protected TrainerFixture() => Rows = Ml.Data.LoadFromEnumerable(PromptRow.Make(5));

    public void Dispose()
    {
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static PolicyOptimizationOptions Options(
        IProgress<TrainingProgress>? progress = null, MissingReward missing = MissingReward.Stop) => new()
        {
            Steps = 1,
            PromptsPerStep = 5,
            Generations = 2,
            MaxNewTokens = 4,
            MissingReward = missing,
            Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1 },
            Progress = progress,
        };

    private protected IDataView Prompts(params int[][] prompts) => Ml.Data.LoadFromEnumerable(prompts.Select(prompt => new PromptRow { Prompt = prompt }));

    private protected CustomMappingEstimator<RewardInput, RewardOutput> Reward(Func<RewardInput, float> score) =>
        Ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, reward) => reward.Reward = score(row), null);

    private protected PolicyOptimizationTrainer Trainer(PolicyOptimizationOptions options, IEstimator<ITransformer>? reward = null) =>
        Ml.Policies.Trainers.PolicyOptimization(Model, reward ?? Reward(_ => 1), options);

    private protected FluentAssertions.Specialized.ExceptionAssertions<TException> Failing<TException>(
        IDataView? prompts = null, IEstimator<ITransformer>? reward = null)
        where TException : Exception =>
        FluentActions.Invoking(() => Trainer(Options(), reward).Fit(prompts ?? Rows)).Should().Throw<TException>();

    private protected string[] Warnings(Action train)
    {
        var warnings = new List<string>();
        EventHandler<LoggingEventArgs> listen = (_, entry) =>
        {
            if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(entry.Message);
        };
        Ml.Log += listen;
        train();
        Ml.Log -= listen;
        return [.. warnings];
    }
}
