using System.Text.Json.Nodes;

namespace MLNetAttn.Cli.Tests;

public sealed class ConfigDifferencesTests
{
    [Fact]
    public void What_is_not_as_by_default_is_listed_by_its_path()
    {
        Of("{}").Should().BeEmpty();
        Of("""{"model": "m", "prompts": "p.jsonl", "reward": {"math": {}}, "options": {"steps": 7, "loss": {"type": "dapo"}, "seed": 0}}""")
            .Select(option => option.Path).Should().StartWith(["model"]).And.Contain(["prompts.file", "reward", "options.steps", "options.loss.type"])
            .And.NotContain(["options.seed", "options.loss.epsilon"]);
        Of("""{"method": "sft", "rows": "r.jsonl", "options": {"epochs": 2}}""").Should().Equal(("rows", "r.jsonl"), ("options.epochs", "2"));
    }

    private static (string Path, string Value)[] Of(string json) => [.. ConfigDifferences.Of(ConfigReader.Bind((JsonObject)JsonNode.Parse(json)!))];
}
