using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class LoraTrainingTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _rows;
    private readonly IDataView _prompts;

    public LoraTrainingTests()
    {
        _rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 10).Select(i => new SequenceRow
        {
            Prompt = [1 + i % 4, 9],
            Response = [.. Enumerable.Range(0, 3 + i % 5).Select(t => 1 + (i + t) % 10), TinyModels.EndOfSequence],
        }));
        _prompts = _ml.Data.LoadFromEnumerable(PromptRow.Make(20));
    }

    public void Dispose() => _model.Dispose();

    [Fact]
    public void The_loss_falls_and_only_the_adapter_changes()
    {
        Dictionary<string, float[]> before = TinyModels.Snapshot(_model);
        var told = new ProgressList();
        using PolicyTransformer policy = FineTune(Lora(), steps: 60, progress: told);
        told[^1].Metrics["loss"].Should().BeLessThan(told[0].Metrics["loss"] * 0.7);
        TinyModels.Snapshot(policy.Model).ShouldEqual(before);
        policy.Model.Adapter!.Rank.Should().Be(4);
        Adapter(policy).Where(entry => entry.Key.Contains("lora_B"))
            .Should().OnlyContain(entry => entry.Value.Any(value => value != 0), "every matrix has learnt");
        policy.Model.Parameters.Values.Concat(policy.Model.AdapterParameters.Values).Should().OnlyContain(tensor => !tensor.requires_grad);
    }

    [Fact]
    public void Only_the_adapter_is_trainable_under_unique_names()
    {
        using var policy = new LearningPolicy(_model, new SupervisedFineTuningOptions { Lora = Lora() }, totalUpdates: 1);
        policy.Trainable.Should().HaveCount(2 * 4 * 2, "two layers of four stored matrices have an A and a B each");
        policy.Trainable.Select(parameter => parameter.Name).Should().OnlyHaveUniqueItems().And.OnlyContain(name => name.Contains(".lora_"));
        policy.Trainable.Sum(parameter => parameter.Tensor.numel()).Should().Be(policy.Model.AdapterParameters.Values.Sum(tensor => tensor.numel()));
        policy.Model.Parameters.Values.Should().OnlyContain(weight => !weight.requires_grad);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    public void The_same_seed_gives_the_same_bits_whatever_torchs_own_random_state_is(double dropout)
    {
        manual_seed(1);
        Dictionary<string, float[]> first = Trained(Lora(dropout), seed: 3);
        manual_seed(2);
        Trained(Lora(dropout), seed: 3).ShouldEqual(first);
        Trained(Lora(dropout), seed: 4).ShouldDiffer(first);
        if (dropout > 0) Trained(Lora(), seed: 3).ShouldDiffer(first);
    }

    [Fact]
    public void Dropout_is_off_outside_training()
    {
        using PolicyTransformer policy = FineTune(Lora(0.5), steps: 3);
        TokenSequence[] sequence = [new TokenSequence([1, 9], [2, 3, 4])];
        float[] once = policy.Model.LogProbabilities(sequence)[0];
        policy.Model.LogProbabilities(sequence)[0].Should().Equal(once);
        using CausalLanguageModel merged = policy.Model.MergeAdapter();
        merged.LogProbabilities(sequence)[0].Zip(once, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
    }

    [Fact]
    public void A_models_own_adapter_is_trained_on()
    {
        using PolicyTransformer first = FineTune(Lora(), steps: 3);
        Dictionary<string, float[]> before = Adapter(first);
        foreach (LoraOptions? again in (LoraOptions?[])[null, Lora(dropout: 0.1)])
        {
            using PolicyTransformer second = _ml.Policies.Trainers.SupervisedFineTuning(first.Model, Options(again, steps: 2)).Fit(_rows);
            Adapter(second).ShouldDiffer(before);
            second.Model.Adapter!.Dropout.Should().Be(again?.Dropout ?? 0);
        }
        Adapter(first).ShouldEqual(before);
        FluentActions.Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(first.Model, Options(new LoraOptions { Rank = 2 })).Fit(_rows))
            .Should().Throw<ArgumentException>().WithMessage("*rank 2, alpha 8 on q_proj, v_proj*rank 4, alpha 8 on all-linear*MergeAdapter*");
    }

    [Fact]
    public void The_saved_adapter_on_the_start_is_the_trained_policy()
    {
        using PolicyTransformer policy = FineTune(Lora(), steps: 5);
        using var folder = new TemporaryFolder();
        policy.Model.SaveAdapter(folder.Path);
        using CausalLanguageModel again = _model.WithAdapter(folder.Path);
        again.Fingerprint.Should().Be(policy.Model.Fingerprint);
    }

    [Fact]
    public void A_policy_learns_from_rewards_and_its_divergence_is_from_the_model_with_the_adapter_off()
    {
        var told = new ProgressList();
        using PolicyTransformer policy = Optimize(steps: 30, new PolicyLossOptions { Beta = 1e-4 }, told);
        told[0].Metrics["kl"].Should().BeApproximately(0, 1e-6, "the adapter starts without effect");
        told[^1].Metrics["kl"].Should().BeGreaterThan(1e-3);
        told.TakeLast(3).Average(step => step.Metrics["reward"]).Should().BeGreaterThan(told.Take(3).Average(step => step.Metrics["reward"]) + 0.2);
        TinyModels.Snapshot(policy.Model).ShouldEqual(TinyModels.Snapshot(_model));
    }

    [Fact]
    public void An_adapter_that_goes_on_learning_is_held_against_what_it_was()
    {
        using PolicyTransformer first = Optimize(steps: 20);
        var told = new ProgressList();
        Optimize(steps: 5, new PolicyLossOptions { Beta = 1e-4 }, told, first.Model).Dispose();
        told[0].Metrics["kl"].Should().BeApproximately(0, 1e-6, "nothing has moved");
        told[^1].Metrics["kl"].Should().BeGreaterThan(1e-4);
    }

    [Fact]
    public void Live_tensors_are_flat_and_a_policy_holds_an_adapter_beside_the_weights_that_it_shares()
    {
        FineTune(Lora(), steps: 1).Dispose();
        Optimize(steps: 1).Dispose();
        long before = LiveTensors.Settle();
        var counts = new List<long>();
        using (PolicyTransformer policy = Optimize(steps: 12, progress: new ProgressList(_ => counts.Add(LiveTensors.Now))))
        {
            counts[1..].Should().OnlyContain(count => count == counts[1]);
            using CausalLanguageModel adapted = _model.WithAdapter(Lora());
            long withAnother = LiveTensors.Now;
            adapted.Dispose();
            (LiveTensors.Now - before).Should().Be(withAnother - LiveTensors.Now);
        }
        FineTune(Lora(0.2), steps: 3).Dispose();
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void An_adapter_is_trained_in_single_precision_on_half_precision_weights()
    {
        using var folder = new TemporaryFolder();
        _model.SavePretrained(folder.Path);
        using CausalLanguageModel half = CausalLanguageModel.FromPretrained(folder.Path, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
        var told = new ProgressList();
        var exact = new ProgressList();
        using PolicyTransformer policy = _ml.Policies.Trainers.SupervisedFineTuning(half, Options(Lora(), steps: 60, progress: told)).Fit(_rows);
        FineTune(Lora(), steps: 60, progress: exact).Dispose();
        policy.Model.AdapterParameters.Values.Should().OnlyContain(matrix => matrix.dtype == ScalarType.Float32);
        for (int i = 0; i < 10; i++)
            told[i].Metrics["loss"]
                .Should().BeApproximately(exact[i].Metrics["loss"], 0.03, $"step {i}: later ones part, as runs with different rounding do");
        told[^1].Metrics["loss"].Should().BeLessThan(told[0].Metrics["loss"] * 0.7);
        FluentActions.Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(half, Options(lora: null)).Fit(_rows))
            .Should().Throw<NotSupportedException>().WithMessage("*BFloat16*Lora*");
    }

    [Fact]
    public void Options_out_of_range_are_named_with_the_others() =>
        FluentActions
            .Invoking(() => _ml.Policies.Trainers.SupervisedFineTuning(
                _model, new SupervisedFineTuningOptions { BatchSize = 0, Lora = new LoraOptions { Rank = 0, Dropout = -1 } }))
            .Should().Throw<ArgumentException>().WithMessage("*Lora.Rank is 0*Lora.Dropout is -1*BatchSize is 0*");

    [Fact]
    public void A_module_that_the_model_does_not_have_is_named() =>
        FluentActions.Invoking(() => FineTune(new LoraOptions { TargetModules = ["query"] }, steps: 1))
            .Should().Throw<ArgumentException>().WithMessage("*'query'*q_proj*");

    private static LoraOptions Lora(double dropout = 0) => new() { Rank = 4, Dropout = dropout, TargetModules = LoraOptions.AllLinear };

    private static SupervisedFineTuningOptions Options(LoraOptions? lora, int steps = 3, long seed = 1, IProgress<TrainingProgress>? progress = null) => new()
    {
        Lora = lora,
        Steps = steps,
        BatchSize = 4,
        Seed = seed,
        LearningRate = 0.02,
        Progress = progress,
    };

    private static Dictionary<string, float[]> Adapter(PolicyTransformer policy) =>
        policy.Model.AdapterParameters.ToDictionary(entry => entry.Key, entry => entry.Value.contiguous().data<float>().ToArray());

    private Dictionary<string, float[]> Trained(LoraOptions lora, long seed)
    {
        using PolicyTransformer policy = FineTune(lora, steps: 3, seed: seed);
        return Adapter(policy);
    }

    private PolicyTransformer FineTune(LoraOptions lora, int steps, long seed = 1, IProgress<TrainingProgress>? progress = null) =>
        _ml.Policies.Trainers.SupervisedFineTuning(_model, Options(lora, steps, seed, progress)).Fit(_rows);

    private PolicyTransformer Optimize(
        int steps, PolicyLossOptions? loss = null, IProgress<TrainingProgress>? progress = null, CausalLanguageModel? start = null) =>
        _ml.Policies.Trainers.PolicyOptimization(
            start ?? _model,
            _ml.Transforms.CustomMapping<RewardInput, RewardOutput>(
                (row, reward) => reward.Reward = row.ResponseTokenIds.Count(id => id == 5) / (float)row.ResponseTokenIds.Length, null),
            new PolicyOptimizationOptions
            {
                Lora = Lora(),
                Steps = steps,
                Seed = 1,
                LearningRate = 0.03,
                PromptsPerStep = 4,
                Generations = 4,
                MiniBatches = 1,
                MaxNewTokens = 12,
                Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
                Loss = loss ?? new PolicyLossOptions(),
                Progress = progress,
            }).Fit(_prompts);

    private sealed class SequenceRow
    {
        [VectorType]
        public int[] Prompt { get; set; } = [];

        [VectorType]
        public int[] Response { get; set; } = [];
    }
}
