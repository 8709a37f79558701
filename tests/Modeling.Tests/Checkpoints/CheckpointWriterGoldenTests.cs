using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class CheckpointWriterGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Models => Golden.Folders("models", "config.json");

    [Theory, MemberData(nameof(Models))]
    public void A_saved_checkpoint_has_the_files_of_transformers(string model)
    {
        FolderSource source = new(Golden.Require("models", model));
        DecoderConfig config = DecoderConfig.Parse(CheckpointFiles.ReadSmall(source, "config.json"), model);
        GenerationConfig generation = GenerationConfig.Load(source, config);
        WeightFiles files = WeightFiles.Find(source);
        using DisposeScope scope = NewDisposeScope();
        using WeightStorage storage = Fixtures.Load(source, config, TypeOf(config));
        IReadOnlyDictionary<string, Tensor> weights = storage.Parameters;
        using TemporaryFolder folder = Fixtures.Folder();

        using (FolderTarget target = new(folder.Path))
        {
            CheckpointWriter.Save(target, config, generation, weights, LargestShard(source, files, weights));
            target.Commit();
        }

        foreach (string file in files.Names)
            File.ReadAllBytes(folder.File(file)).AsSpan().SequenceEqual(CheckpointFiles.ReadSmall(source, file)).Should().BeTrue($"{file} has the same bytes");
        foreach (string file in new[] { CheckpointFiles.WeightIndex, CheckpointFiles.GenerationConfig }.Where(source.Exists))
            File.ReadAllText(folder.File(file)).Should().Be(System.Text.Encoding.UTF8.GetString(CheckpointFiles.ReadSmall(source, file)));
        Directory.GetFiles(folder.Path, "*.safetensors").Should().HaveCount(files.Names.Count);
    }

    private static ScalarType TypeOf(DecoderConfig config) => config.DataType switch
    {
        "float32" => ScalarType.Float32,
        "float16" => ScalarType.Float16,
        _ => ScalarType.BFloat16,
    };

    /// <summary>A bound that cuts the shards as they were cut: no shard exceeds it, and the next tensor would.</summary>
    private static long LargestShard(FolderSource source, WeightFiles files, IReadOnlyDictionary<string, Tensor> weights)
    {
        if (files.Index is null)
            return CheckpointWriter.DefaultMaximumShardBytes;
        using JsonDocument index = JsonDocument.Parse(CheckpointFiles.ReadSmall(source, CheckpointFiles.WeightIndex));
        index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64()
            .Should().Be(weights.Values.Sum(tensor => tensor.numel() * tensor.element_size()));
        return files.Names.Max(file => weights.Where(pair => files.Index[pair.Key] == file).Sum(pair => pair.Value.numel() * pair.Value.element_size()));
    }
}
