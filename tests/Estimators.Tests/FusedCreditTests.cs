using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class FusedCreditTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(HeadGrouping.PerSequence, CreditStrategy.Coupled, 1)]
    [InlineData(HeadGrouping.PerSequence, CreditStrategy.HighEntropy, 2)]
    [InlineData(HeadGrouping.Frozen, CreditStrategy.Coupled, 4)]
    public void Credit_of_the_training_pass_is_that_of_a_pass_of_its_own(HeadGrouping grouping, CreditStrategy strategy, int accumulation)
    {
        HeadGroups groups = new([new HeadIndex(0, 1), new HeadIndex(1, 2)], [new HeadIndex(1, 0)]);
        var rhythm = new RhythmOptions
        {
            Grouping = grouping,
            FrozenGroups = grouping == HeadGrouping.Frozen ? groups : null,
            MinimumHorizon = 1,
            MaximumHorizon = 8,
        };
        (Dictionary<string, float[]> fused, ProgressList fusedTold) = Train(RhythmPassKind.Fused, rhythm, strategy, accumulation, steps: 3);
        (Dictionary<string, float[]> separate, ProgressList separateTold) = Train(RhythmPassKind.Separate, rhythm, strategy, accumulation, steps: 3);
        foreach ((string name, float[] values) in separate) fused[name].Zip(values, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f, name);
        foreach (string name in new[] { "credit/mean", "credit/amplified_fraction", "credit/waad_mean", "credit/fai_mean" })
            fusedTold[^1].Metrics[name].Should().BeApproximately(separateTold[^1].Metrics[name], 1e-5, name);
    }

    [Fact]
    public void Credit_comes_from_the_policy_that_sampled_which_has_no_dropout()
    {
        var rhythm = new RhythmOptions { Grouping = HeadGrouping.PerSequence, MinimumHorizon = 1, MaximumHorizon = 8 };
        var lora = new LoraOptions { Dropout = 0.5, TargetModules = LoraOptions.AllLinear };
        ProgressList fused = Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 1, steps: 3, learningRate: 0.1, lora: lora).Told,
            separate = Train(RhythmPassKind.Separate, rhythm, CreditStrategy.Coupled, 1, steps: 3, learningRate: 0.1, lora: lora).Told;
        foreach (string name in new[] { "reward", "credit/mean", "credit/waad_mean", "credit/fai_mean" })
            fused[^1].Metrics[name].Should().Be(separate[^1].Metrics[name], name);
    }

    [Fact]
    public void Groups_per_batch_are_those_of_the_step_before()
    {
        var rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 };
        // Nothing is known before the first step, which makes a pass of its own and is then the same.
        Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 1, steps: 1).Weights
            .ShouldEqual(Train(RhythmPassKind.Separate, rhythm, CreditStrategy.Coupled, 1, steps: 1).Weights);
        using var folder = new TemporaryFolder();
        ProgressList told = Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 1, steps: 3, learningRate: 0.1, folder: folder.Path).Told;
        told[1].Metrics["credit/head_turnover"].Should().BePositive("a policy that learns fast changes what its heads do");
        // The third step's credit is made with the groups that the second measured, and not with those of the first.
        using CausalLanguageModel sampled = CausalLanguageModel.FromPretrained(Checkpoint(folder, 2));
        JsonNode[] responses =
        [
            .. File.ReadLines(Path.Combine(folder.Path, "samples.jsonl"))
                .Select(line => JsonNode.Parse(line)!)
                .Where(line => line["step"]!.GetValue<int>() == 3),
        ];
        responses.Should().HaveCount(4);
        Array.TrueForAll(responses, response => IsCreditBy(GroupsAfter(2), response)).Should().BeTrue();
        Array.TrueForAll(responses, response => IsCreditBy(GroupsAfter(1), response)).Should().BeFalse();

        HeadGroups GroupsAfter(int step) =>
            ((PolicyOptimizationState)TrainingState.FromNode(
                TrainingState.Load(new FolderSource(Checkpoint(folder, step))).Trainer, typeof(PolicyOptimizationState), "")).HeadGroups!;

        bool IsCreditBy(HeadGroups groups, JsonNode response)
        {
            var sequence = new TokenSequence(
                Ids(response["prompt"]!),
                [.. response["tokens"]!.AsArray().Select(token => int.Parse(token!.GetValue<string>(), CultureInfo.InvariantCulture))]);
            RhythmAnalysis analysis = sampled.AnalyzeRhythm([sequence], rhythm with { Grouping = HeadGrouping.Frozen, FrozenGroups = groups })[0];
            return RhythmCreditFunction.Assign(TokenSignals.Of(analysis), new CreditOptions(), 0).Credit
                .SequenceEqual(response["credit"]!.AsArray().Select(value => value!.GetValue<double>()));
        }

        static int[] Ids(JsonNode text) => [.. text.GetValue<string>().Split(' ').Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

        static string Checkpoint(TemporaryFolder folder, int step) => Path.Combine(folder.Path, $"checkpoint-{step:D6}");
    }

    [Theory]
    [InlineData(HeadGrouping.PerSequence)]
    [InlineData(HeadGrouping.PerBatch)]
    public void Layers_that_are_computed_twice_give_the_same_credit(HeadGrouping grouping)
    {
        var rhythm = new RhythmOptions { Grouping = grouping, MinimumHorizon = 1, MaximumHorizon = 8 };
        (Dictionary<string, float[]> expected, ProgressList told) = Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 1, steps: 3);
        (Dictionary<string, float[]> twice, ProgressList toldTwice) =
            Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 1, steps: 3, activationCheckpointing: true);
        foreach ((string name, float[] values) in expected) twice[name].Zip(values, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f, name);
        foreach (string name in new[] { "credit/mean", "credit/waad_mean", "credit/fai_mean" })
            toldTwice[^1].Metrics[name].Should().BeApproximately(told[^1].Metrics[name], 1e-5, name);
    }

    [Fact]
    public void With_several_updates_the_pass_that_gives_old_log_probabilities_gives_credit_either_way()
    {
        var rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 };
        Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 1, steps: 3, miniBatches: 2).Weights
            .ShouldEqual(Train(RhythmPassKind.Separate, rhythm, CreditStrategy.Coupled, 1, steps: 3, miniBatches: 2).Weights);
    }

    [Fact]
    public void Groups_stay_for_as_many_steps_as_wanted()
    {
        var rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 };
        double[] turnover =
        [
            .. Train(RhythmPassKind.Separate, rhythm, CreditStrategy.Coupled, 1, steps: 7, groupsEvery: 3, learningRate: 0.1).Told
                .Select(step => step.Metrics.GetValueOrDefault("credit/head_turnover", -1)),
        ];
        turnover[0].Should().Be(-1, "there is nothing to compare the first groups with");
        foreach (int step in new[] { 1, 2, 4, 5 }) turnover[step].Should().Be(0);
        (turnover[3] + turnover[6]).Should().BeGreaterThan(0, "a policy that learns fast changes what its heads do");
    }

    [Fact]
    public void No_tensor_stays_behind()
    {
        var rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 };
        Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 2, steps: 2);
        long before = LiveTensors.Settle();
        Train(RhythmPassKind.Fused, rhythm, CreditStrategy.Coupled, 2, steps: 3);
        LiveTensors.Now.Should().Be(before);
    }

    private (Dictionary<string, float[]> Weights, ProgressList Told) Train(
        RhythmPassKind pass, RhythmOptions rhythm, CreditStrategy strategy, int accumulation, int steps,
        int miniBatches = 1, int groupsEvery = 1, double learningRate = 1e-3, bool activationCheckpointing = false,
        LoraOptions? lora = null, string? folder = null)
    {
        var told = new ProgressList();
        var reward = _ml.Transforms.CustomMapping<RewardInput, RewardOutput>(
            (row, output) => output.Reward = row.ResponseTokenIds.Count(id => id == 5) / (float)row.ResponseTokenIds.Length, null);
        using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(_model, reward, new PolicyOptimizationOptions
        {
            Steps = steps,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 12,
            MiniBatches = miniBatches,
            GradientAccumulationSteps = accumulation,
            LearningRate = learningRate,
            Lora = lora,
            OutputFolder = folder,
            CheckpointEvery = 1,
            CheckpointLimit = 3,
            LogSamplesEvery = folder is null ? null : 1,
            Seed = 1,
            AdamEpsilon = 1e-3,
            RhythmPass = pass,
            HeadGroupsEvery = groupsEvery,
            ActivationCheckpointing = activationCheckpointing,
            Rhythm = rhythm,
            Credit = new CreditOptions { Strategy = strategy },
            Progress = told,
        }).Fit(_ml.Data.LoadFromEnumerable(PromptRow.Make(20)));
        return (TinyModels.Snapshot(policy.Model), told);
    }
}
