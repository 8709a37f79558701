using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class CheckpointReaderGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Models => Golden.Folders("models", "config.json");

    [Theory, MemberData(nameof(Models))]
    public void Every_weight_is_loaded_in_either_type(string model)
    {
        string folder = Golden.Require("models", model);
        FolderSource source = new(folder);
        DecoderConfig config = DecoderConfig.Parse(CheckpointFiles.ReadSmall(source, "config.json"), model);
        using DisposeScope scope = NewDisposeScope();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            using WeightStorage loaded = Fixtures.Load(source, config, type);

            foreach (string file in WeightFiles.Find(source).Names)
                foreach ((string name, Tensor expected) in SafetensorsReader.ReadAll(Path.Combine(folder, file)))
                    loaded.Parameters[name].Equals(expected.to(type)).Should().BeTrue(name);
        }
    }
}
