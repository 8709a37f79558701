using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class CheckpointWriterTests
{
    private static readonly DecoderConfig Config = new()
    {
        VocabularySize = 11,
        HiddenSize = 8,
        IntermediateSize = 12,
        LayerCount = 1,
        HeadCount = 2,
        EosTokenIds = [2],
    };

    private static Dictionary<string, Tensor> Weights(ScalarType type = ScalarType.Float32) =>
        WeightShapes.Of(Config).ToDictionary(pair => pair.Key, pair => rand(pair.Value).to(type));

    private static MemoryCheckpoint Save(IReadOnlyDictionary<string, Tensor> weights, long maximumShardBytes = CheckpointWriter.DefaultMaximumShardBytes)
    {
        MemoryCheckpoint checkpoint = new();
        CheckpointWriter.Save(checkpoint, Config, GenerationConfig.Load(checkpoint, Config), weights, maximumShardBytes);
        return checkpoint;
    }

    [Theory]
    [InlineData(ScalarType.Float32, "float32")]
    [InlineData(ScalarType.BFloat16, "bfloat16")]
    [InlineData(ScalarType.Float16, "float16")]
    public void A_saved_checkpoint_loads_with_the_same_weights_and_configuration(ScalarType type, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> weights = Weights(type);

        MemoryCheckpoint saved = Save(weights);

        DecoderConfig config = DecoderConfig.Parse(saved.Files["config.json"], "config.json");
        config.DataType.Should().Be(name);
        config.Should().BeEquivalentTo(Config, options => options.Excluding(c => c.Document).Excluding(c => c.DataType));
        GenerationConfig.Load(saved, config).EosTokenIds.Should().Equal(2);
        using WeightStorage loaded = Fixtures.Load(saved, config, type);
        foreach ((string key, Tensor tensor) in loaded.Parameters)
            tensor.Equals(weights[key]).Should().BeTrue(key);
    }

    [Fact]
    public void Shards_hold_at_most_the_given_bytes_except_for_a_larger_tensor()
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> weights = Weights();

        MemoryCheckpoint saved = Save(weights, maximumShardBytes: 300);

        // The embedding and the head take 352 bytes, the parts of the MLP 384; the others fit.
        saved.Files.Keys.Where(file => file.EndsWith(".safetensors", StringComparison.Ordinal)).Should().HaveCountGreaterThan(4)
            .And.OnlyContain(file => System.Text.RegularExpressions.Regex.IsMatch(file, @"^model-\d{5}-of-\d{5}\.safetensors$"));
        foreach ((string file, byte[] bytes) in saved.Files.Where(pair => pair.Key.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            using SafetensorsReader reader = SafetensorsReader.Open(Fixtures.Forward(bytes), file);
            (reader.Entries.Count == 1 || reader.Entries[^1].End <= 300).Should().BeTrue(file);
        }
        JsonFields metadata = JsonFields.Parse(saved.Files["model.safetensors.index.json"], "index").Object("metadata")!.Value;
        metadata.Integer("total_size").Should().Be((int)weights.Values.Sum(tensor => tensor.numel()) * 4);
        metadata.Integer("total_parameters").Should().Be((int)weights.Values.Sum(tensor => tensor.numel()));
        using WeightStorage loaded = Fixtures.Load(saved, Config, ScalarType.Float32);
        loaded.Parameters["model.norm.weight"].Equals(weights["model.norm.weight"]).Should().BeTrue();
    }

    [Fact]
    public void Weights_that_are_not_those_of_the_configuration_are_refused_before_anything_is_written()
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> missing = Weights(), wrong = Weights(), extra = Weights();
        missing.Remove("model.norm.weight");
        wrong["model.norm.weight"] = zeros(7);
        extra["model.extra"] = zeros(1);
        MemoryCheckpoint checkpoint = new();

        foreach ((Dictionary<string, Tensor> weights, string message) in new[]
            { (missing, "*'model.norm.weight' is missing*[8]*"), (wrong, "*'model.norm.weight' has shape [7]*[8]*"), (extra, "*'model.extra'*") })
        {
            Action save = () => CheckpointWriter.Save(checkpoint, Config, new GenerationConfig(), weights);
            save.Should().Throw<ArgumentException>().WithMessage(message);
        }
        checkpoint.Files.Should().BeEmpty();
    }
}
