using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class SampledRolloutsTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();

    private static PolicyOptimizationOptions Options { get; } = new()
    {
        Steps = 1,
        PromptsPerStep = 4,
        Generations = 4,
        MaxNewTokens = 8,
        Seed = 1,
        Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
    };

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Groups_whose_rewards_are_equal_are_replaced_by_answers_to_the_next_prompts()
    {
        // Every second prompt is rewarded alike whatever the answer.
        IReadOnlyDictionary<string, double> plain = Step(rounds: 0), resampled = Step(rounds: 8);
        plain["frac_reward_zero_std"].Should().BeGreaterThan(0.2);
        resampled["frac_reward_zero_std"].Should().Be(0);
        resampled["sampling/equal_groups"].Should().BeGreaterThan(0);
        plain.Keys.Should().NotContain("sampling/equal_groups");
    }

    [Fact]
    public void Tokens_of_responses_that_are_left_out_were_sampled_too()
    {
        int tokens = 0;
        IReadOnlyDictionary<string, double> metrics = Step(rounds: 3, reward: row =>
        {
            tokens += row.Prompt.Length + row.ResponseTokenIds.Length;
            return 1;
        });
        metrics["num_tokens"].Should().Be(tokens);
    }

    [Fact]
    public void Rounds_are_bounded_and_what_is_left_stays_as_it_is()
    {
        IReadOnlyDictionary<string, double> metrics = Step(rounds: 3, reward: _ => 1);
        metrics["frac_reward_zero_std"].Should().Be(1);
        metrics["sampling/equal_groups"].Should().Be(4 * 4, "the first round and three more found four groups each");
    }

    [Fact]
    public void A_cut_that_keeps_everything_changes_nothing()
    {
        PolicyOptimizationOptions options = Options with
        {
            Steps = 3,
            LearningRate = 1e-2,
            AdamEpsilon = 1e-3,
            MiniBatches = 2,
            Loss = new PolicyLossOptions { Beta = 0.1 },
        };
        Dictionary<string, float[]> expected = Train(options, row => row.ResponseTokenIds[0]),
            cut = Train(options with { MinP = 1e-30 }, row => row.ResponseTokenIds[0]);
        Distance(cut, expected).Should().BeLessThan(1e-5f);
        Distance(expected, TinyModels.Snapshot(_model)).Should().BeGreaterThan(1e-3f, "the run learns");

        static float Distance(Dictionary<string, float[]> a, Dictionary<string, float[]> b) =>
            a.Max(entry => entry.Value.Zip(b[entry.Key], (x, y) => Math.Abs(x - y)).Max());
    }

    [Theory]
    [InlineData(1, CreditStrategy.Uniform, false, false)]
    [InlineData(2, CreditStrategy.Uniform, false, false)]
    [InlineData(1, CreditStrategy.Coupled, true, false)]
    [InlineData(2, CreditStrategy.HighEntropy, false, true)]
    public void Where_sampling_leaves_no_choice_nothing_is_learnt(int miniBatches, CreditStrategy strategy, bool checkpointing, bool adapter)
    {
        int response = 0;
        var told = new ProgressList();
        PolicyOptimizationOptions options = Options with
        {
            Steps = 2,
            LearningRate = 1e-2,
            TopP = 1e-9,
            MiniBatches = miniBatches,
            ActivationCheckpointing = checkpointing,
            Lora = adapter ? new LoraOptions { Rank = 2 } : null,
            Credit = new CreditOptions { Strategy = strategy },
            Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerSequence, MinimumHorizon = 1, MaximumHorizon = 4 },
            Loss = new PolicyLossOptions { Beta = 0.1 },
            Progress = told,
        };
        Dictionary<string, float[]> weights = Train(options, _ => response++ % 3);
        weights.Where(entry => _model.Parameters.ContainsKey(entry.Key)).ToDictionary().ShouldEqual(TinyModels.Snapshot(_model));
        // An adapter begins with B = 0.
        float[] outputs = [.. weights.Where(entry => entry.Key.Contains("lora_B", StringComparison.Ordinal)).SelectMany(entry => entry.Value)];
        (outputs.Length > 0).Should().Be(adapter);
        outputs.Where(value => value != 0).Should().BeEmpty();
        told.Should().OnlyContain(step =>
            step.Metrics["entropy"] == 0 && step.Metrics["kl"] == 0
            && step.Metrics["reward_std"] > 0 && step.Metrics["grad_norm"] == 0);
    }

    [Fact]
    public void The_trained_policy_answers_as_it_was_sampled_and_batches_change_nothing()
    {
        IDataView prompts = _ml.Data.LoadFromEnumerable([new PromptRow { Prompt = [1, 2] }]);
        PolicyOptimizationOptions options = Options with { LearningRate = 1e-9, TopP = 1e-9, SamplingBatchSize = 3 };
        Dictionary<string, float[]> batched = Train(options with { TopP = 1, LearningRate = 1e-2 }, row => row.ResponseTokenIds[0]);
        batched.ShouldEqual(Train(options with { TopP = 1, LearningRate = 1e-2, SamplingBatchSize = null }, row => row.ResponseTokenIds[0]));

        var reward = _ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) => output.Reward = row.ResponseTokenIds[0], null);
        using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(_model, reward, options).Fit(prompts);
        int[] greedy = policy.Model.Generate([[1, 2]], new GenerationOptions { Temperature = 0, MaxNewTokens = 8 })[0].TokenIds;
        policy.Transform(prompts).GetColumn<VBuffer<int>>("ResponseTokenIds").Single().DenseValues().Should().Equal(greedy);
    }

    [Fact]
    public void Prompts_that_were_looked_at_are_not_looked_at_again_before_all_others()
    {
        var seen = new List<string>();
        Step(rounds: 3, reward: row =>
        {
            seen.Add(string.Join(' ', row.Prompt));
            return 1;
        });
        seen.Chunk(4).Select(group => group[0]).Should().OnlyHaveUniqueItems("sixteen of twenty prompts were answered once");
    }

    private IReadOnlyDictionary<string, double> Step(int rounds, Func<RewardInput, float>? reward = null)
    {
        var told = new ProgressList();
        Train(Options with { ResamplingRounds = rounds, Progress = told }, reward ?? (row => row.Wanted % 2 == 0 ? 0 : row.ResponseTokenIds[0]));
        return told[0].Metrics;
    }

    private Dictionary<string, float[]> Train(PolicyOptimizationOptions options, Func<RewardInput, float> reward)
    {
        PromptRow[] prompts = [.. Enumerable.Range(0, 20).Select(i => new PromptRow { Prompt = [1 + i % 4, 1 + i / 4], Wanted = i })];
        using PolicyTransformer policy = _ml.Policies.Trainers
            .PolicyOptimization(
                _model, _ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) => output.Reward = reward(row), null), options)
            .Fit(_ml.Data.LoadFromEnumerable(prompts));
        Dictionary<string, float[]> weights = TinyModels.Snapshot(policy.Model);
        foreach ((string name, TorchSharp.torch.Tensor parameter) in policy.Model.AdapterParameters) weights[name] = [.. parameter.data<float>()];
        return weights;
    }
}
