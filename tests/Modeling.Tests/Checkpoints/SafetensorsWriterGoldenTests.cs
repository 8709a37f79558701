using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class SafetensorsWriterGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Models => Golden.Folders("models", "config.json");

    [Theory, MemberData(nameof(Models))]
    public void Writing_what_was_read_gives_the_very_bytes_of_the_reference_implementation(string model)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (string path in Directory.GetFiles(Golden.Require("models", model), "*.safetensors"))
        {
            Dictionary<string, Tensor> tensors = SafetensorsReader.ReadAll(path);
            using SafetensorsReader reader = SafetensorsReader.Open(File.OpenRead(path), path);
            using MemoryStream written = new();

            SafetensorsWriter.Write(written, tensors.Reverse(), reader.Metadata);

            written.ToArray().AsSpan().SequenceEqual(File.ReadAllBytes(path)).Should().BeTrue(path);
        }
    }
}
