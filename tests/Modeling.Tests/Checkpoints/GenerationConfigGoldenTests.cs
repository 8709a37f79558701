namespace MLNetAttn.Modeling.Tests;

public sealed class GenerationConfigGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Models => Golden.Folders("models", "generation_config.json");

    [Theory, MemberData(nameof(Models))]
    public void Writing_what_was_read_gives_the_file_of_transformers(string model)
    {
        FolderSource source = new(Golden.Require("models", model));
        DecoderConfig config = DecoderConfig.Parse(CheckpointFiles.ReadSmall(source, "config.json"), model);
        byte[] file = CheckpointFiles.ReadSmall(source, "generation_config.json");

        GenerationConfig generation = GenerationConfig.Load(source, config);

        generation.ToJson().Should().Equal(file);
    }
}
