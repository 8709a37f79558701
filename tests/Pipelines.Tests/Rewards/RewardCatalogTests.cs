using Microsoft.ML;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

public sealed class RewardCatalogTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = CausalLanguageModel.FromPretrained(Repository.Path("models", "countdown"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void A_chain_of_rewards_trains_a_policy()
    {
        IEstimator<ITransformer> reward = _ml.Transforms.WeightedReward(
            (1, _ml.Transforms.CountdownReward()),
            (0.2, Reward.From<Text>(row => row.Response.Contains("yes") ? 1 : null)),
            (0.5, _ml.Transforms.LengthPenalty(60, 40)));
        var progress = new Recorder();

        using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(_model, reward, new PolicyOptimizationOptions
        {
            Steps = 1,
            PromptsPerStep = 2,
            Generations = 4,
            MaxNewTokens = 60,
            Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
            Progress = progress,
        }).Fit(_ml.Data.LoadFromEnumerable(Countdown.Generate(4)));

        progress.Metrics["reward"].Should().BeInRange(-0.5, 1.2);
        progress.Metrics["reward_std"].Should().BeGreaterThan(0, "responses of different lengths have different penalties");
    }

    private sealed class Text
    {
        public string Response { get; set; } = "";
    }

    private sealed class Recorder : IProgress<TrainingProgress>
    {
        public IReadOnlyDictionary<string, double> Metrics { get; private set; } = new Dictionary<string, double>();

        public void Report(TrainingProgress value) => Metrics = value.Metrics;
    }
}
