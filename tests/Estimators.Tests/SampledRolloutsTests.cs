using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class SampledRolloutsTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();

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
    public void Rounds_are_bounded_and_what_is_left_stays_as_it_is()
    {
        IReadOnlyDictionary<string, double> metrics = Step(rounds: 3, reward: _ => 1);
        metrics["frac_reward_zero_std"].Should().Be(1);
        metrics["sampling/equal_groups"].Should().Be(4 * 4, "the first round and three more found four groups each");
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
        reward ??= row => row.Wanted % 2 == 0 ? 0 : row.ResponseTokenIds[0];
        var told = new ProgressList();
        PromptRow[] prompts = [.. Enumerable.Range(0, 20).Select(i => new PromptRow { Prompt = [1 + i % 4, 1 + i / 4], Wanted = i })];
        _ml.Policies.Trainers.PolicyOptimization(_model, _ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) => output.Reward = reward(row), null), new PolicyOptimizationOptions
        {
            Steps = 1,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 8,
            ResamplingRounds = rounds,
            Seed = 1,
            Progress = told,
            Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
        }).Fit(_ml.Data.LoadFromEnumerable(prompts)).Dispose();
        return told[0].Metrics;
    }
}
