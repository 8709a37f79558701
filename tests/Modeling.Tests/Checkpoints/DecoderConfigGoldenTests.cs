using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling.Tests;

public sealed class DecoderConfigGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Models => Golden.Folders("models", "config.json");

    [Theory, MemberData(nameof(Models))]
    public void Writing_what_was_read_keeps_every_key_and_means_the_same(string model)
    {
        byte[] file = File.ReadAllBytes(Golden.Require("models", model, "config.json"));
        DecoderConfig config = DecoderConfig.Parse(file, model);

        byte[] written = config.ToJson();

        JsonObject before = JsonNode.Parse(file)!.AsObject(), after = JsonNode.Parse(written)!.AsObject();
        foreach ((string key, JsonNode? value) in before)
            JsonNode.DeepEquals(value, after[key]).Should().BeTrue($"'{key}' is kept");
        DecoderConfig again = DecoderConfig.Parse(written, model);
        again.Should().BeEquivalentTo(config, options => options.Excluding(c => c.Document));
        again.ToJson().Should().Equal(written);
    }

    [Theory, MemberData(nameof(Models))]
    public void The_weights_implied_by_the_configuration_are_those_of_the_files(string model)
    {
        FolderSource source = new(Golden.Require("models", model));
        DecoderConfig config = DecoderConfig.Parse(CheckpointFiles.ReadSmall(source, "config.json"), model);
        Dictionary<string, long[]> found = [];
        foreach (string file in WeightFiles.Find(source).Names)
        {
            using SafetensorsReader reader = SafetensorsReader.Open(source.OpenRead(file), file);
            foreach (SafetensorsEntry entry in reader.Entries)
                found.Add(entry.Name, entry.Shape);
        }

        WeightShapes.Of(config).ToDictionary().Should().BeEquivalentTo(found);
    }
}
