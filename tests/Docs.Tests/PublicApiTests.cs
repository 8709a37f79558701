using System.Reflection;
using PublicApiGenerator;

namespace MLNetAttn.Docs.Tests;

/// <summary>What users can call is written down in PublicApi, so that nobody changes it without noticing.</summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("MLNetAttn.Modeling")]
    [InlineData("MLNetAttn.Transforms")]
    [InlineData("MLNetAttn.Estimators")]
    [InlineData("MLNetAttn.Pipelines")]
    public void The_public_api_is_the_approved_one(string assembly)
    {
        string approved = Repository.Path("tests", "Docs.Tests", "PublicApi", $"{assembly}.txt"), received = Path.ChangeExtension(approved, ".received.txt");
        string[] now = Assembly.Load(assembly)
                .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false })
                .ReplaceLineEndings("\n")
                .Split('\n'),
            before = File.Exists(approved) ? File.ReadAllLines(approved) : [];
        if (now.SequenceEqual(before))
        {
            File.Delete(received);
            return;
        }
        File.WriteAllLines(received, now);
        string changes = string.Join('\n', before.Except(now).Select(line => $"- {line}").Concat(now.Except(before).Select(line => $"+ {line}")));
        Assert.Fail(
            $"The public API of {assembly} is another one. If that is meant, move '{received}' over '{approved}' and say so in CHANGELOG.md.\n{changes}");
    }
}
