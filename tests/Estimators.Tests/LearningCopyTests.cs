using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class LearningCopyTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _rows;

    public LearningCopyTests() =>
        _rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8).Select(i => new Row
        {
            Prompt = [1 + i % 4, 9],
            Response = [.. Enumerable.Range(0, 4).Select(t => 1 + (i + t) % 10), TinyModels.EndOfSequence],
        }));

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Computing_in_bfloat16_learns_as_float32_does_and_hands_out_float32(bool lora)
    {
        ProgressList half = [], exact = [];
        using PolicyTransformer rounded = Train(bf16: true, lora, steps: 40, progress: half), single = Train(bf16: false, lora, steps: 40, progress: exact);
        for (int i = 0; i < 10; i++)
            half[i].Metrics["loss"]
                .Should().BeApproximately(exact[i].Metrics["loss"], 0.03, $"step {i}: later ones part, as runs with different rounding do");
        half[^1].Metrics["loss"].Should().BeLessThan(half[0].Metrics["loss"] * 0.8);
        half.Select(step => step.Metrics["loss"]).Should().NotEqual(exact.Select(step => step.Metrics["loss"]));
        rounded.Model.Parameters.Values.Concat(rounded.Model.AdapterParameters.Values)
            .Should().OnlyContain(tensor => tensor.dtype == ScalarType.Float32 && !tensor.requires_grad);
        if (lora) TinyModels.Snapshot(rounded.Model).ShouldEqual(TinyModels.Snapshot(_model));
    }

    [Fact]
    public void Updates_that_bfloat16_is_too_coarse_for_add_up()
    {
        Dictionary<string, float[]> before = TinyModels.Snapshot(_model);
        using PolicyTransformer policy = Train(bf16: true, lora: false, steps: 10, learningRate: 1e-6);
        Dictionary<string, float[]> after = TinyModels.Snapshot(policy.Model);
        float[] moved = [.. before.SelectMany(entry => entry.Value.Zip(after[entry.Key], (a, b) => Math.Abs(a - b)))];
        moved.Count(change => change > 0).Should().BeGreaterThan(moved.Length / 2);
        moved.Max().Should().BeLessThan(2e-5f, "a bfloat16 near 0.2 has no neighbour that close");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_model_that_computes_follows_what_is_updated(bool lora)
    {
        using var policy = new LearningPolicy(_model, Options(bf16: true, lora, steps: 1, learningRate: 0.1), totalUpdates: 1);
        policy.Model.Parameters.Values.Should().OnlyContain(weight => weight.dtype == ScalarType.BFloat16);
        policy.Trainable.Should().OnlyContain(parameter => parameter.Tensor.dtype == ScalarType.Float32);
        TokenSequence[] sequence = [new TokenSequence([1, 9], [2, 3, 4])];
        float[] before = policy.Model.LogProbabilities(sequence)[0];
        using (var generator = new Generator(1, CPU))
        using (no_grad())
            foreach ((_, Tensor tensor) in policy.Trainable) tensor.normal_(0, 0.3, generator);
        policy.Model.LogProbabilities(sequence)[0].Should().Equal(before);
        policy.Changed();
        policy.Model.LogProbabilities(sequence)[0].Should().NotEqual(before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_adapter_names_the_base_that_it_was_trained_on(bool lora)
    {
        using var folder = new TemporaryFolder();
        _model.SavePretrained(folder.File("base"));
        using CausalLanguageModel read = CausalLanguageModel.FromPretrained(folder.File("base"));
        using PolicyTransformer policy = _ml.Policies.Trainers.SupervisedFineTuning(read, Options(bf16: true, lora, steps: 1)).Fit(_rows);
        // Of a model whose weights were trained themselves the folder is no base any more.
        using CausalLanguageModel adapted = lora ? policy.Model.Clone() : policy.Model.WithAdapter(new LoraOptions());
        adapted.SaveAdapter(folder.File("adapter"));
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.File("adapter"), "adapter_config.json")))!;
        config["base_model_name_or_path"]?.ToString().Should().Be(lora ? folder.File("base") : null);
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        Train(bf16: true, lora: true, steps: 1).Dispose();
        Train(bf16: true, lora: false, steps: 1).Dispose();
        long before = LiveTensors.Settle();
        foreach (bool lora in (bool[])[true, false])
        {
            var counts = new List<long>();
            Train(bf16: true, lora, steps: 6, progress: new ProgressList(_ => counts.Add(LiveTensors.Now))).Dispose();
            counts[1..].Should().OnlyContain(count => count == counts[1]);
            LiveTensors.Now.Should().Be(before);
        }
    }

    private static SupervisedFineTuningOptions Options(
        bool bf16, bool lora, int steps, double learningRate = 0.01, IProgress<TrainingProgress>? progress = null) => new()
        {
            Bf16 = bf16,
            Lora = lora ? new LoraOptions { Rank = 4, TargetModules = LoraOptions.AllLinear } : null,
            Steps = steps,
            BatchSize = 4,
            LearningRate = learningRate,
            Schedule = LearningRateSchedule.Constant,
            Progress = progress,
        };

    private PolicyTransformer Train(bool bf16, bool lora, int steps, double learningRate = 0.01, IProgress<TrainingProgress>? progress = null) =>
        _ml.Policies.Trainers.SupervisedFineTuning(_model, Options(bf16, lora, steps, learningRate, progress)).Fit(_rows);

    private sealed class Row
    {
        [VectorType]
        public int[] Prompt { get; set; } = [];

        [VectorType]
        public int[] Response { get; set; } = [];
    }
}
