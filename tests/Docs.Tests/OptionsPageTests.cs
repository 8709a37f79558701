using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MLNetAttn.Cli;

namespace MLNetAttn.Docs.Tests;

/// <summary>docs/options.md says of every option of <c>mlnetattn train</c> what its documentation says in C#.</summary>
public sealed partial class OptionsPageTests
{
    private const string Introduction = """
        # Options of train

        Every name that the configuration of `mlnetattn train` knows, with what its documentation says of it; the same options have these names in PascalCase in C#. [How to train](training.md).

        <!-- Written by tests/Docs.Tests/OptionsPageTests.cs from the documentation of the code. -->

        """;

    private static readonly Dictionary<string, XElement> Documented = new[] { "Modeling", "Transforms", "Estimators", "Pipelines", "Cli" }
        .SelectMany(assembly => XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"MLNetAttn.{assembly}.xml")).Descendants("member"))
        .Where(member => member.Attribute("name")!.Value.StartsWith("P:MLNetAttn.", StringComparison.Ordinal))
        .ToDictionary(member => member.Attribute("name")!.Value);

    [Fact]
    public void The_page_of_options_is_what_their_documentation_says()
    {
        string page = Repository.Path("docs", "options.md"), received = Repository.Path("tests", "Docs.Tests", "options.received.md"), now = Write();
        if (File.Exists(page) && File.ReadAllText(page) == now)
        {
            File.Delete(received);
            return;
        }
        File.WriteAllText(received, now);
        Assert.Fail($"The options, or their documentation, are others. Move '{received}' over '{page}'.");
    }

    private static string Write()
    {
        var page = new System.Text.StringBuilder(Introduction);
        Add("Reinforcement learning: method policy_optimization", typeof(PolicyOptimizationConfig));
        Add("Supervised fine-tuning: method sft", typeof(SupervisedFineTuningConfig));
        return page.ToString();

        void Add(string title, Type config)
        {
            page.Append($"\n## {title}\n\n| name | what |\n|---|---|\n");
            foreach ((string path, JsonPropertyInfo property) in ConfigNames.Properties(config))
            {
                string name = path.Replace("[0]", "[]", StringComparison.Ordinal);
                page.Append($"| `{name}` | {Text((MemberInfo)property.AttributeProvider!)}{Values(property.PropertyType)} |\n");
            }
        }
    }

    /// <summary>What can be given, where that is a list.</summary>
    private static string Values(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } choice
        ? $" One of {string.Join(", ", ConfigBinder.Values(choice).Select(value => $"`{value}`"))}."
        : "";

    private static string Text(MemberInfo property)
    {
        XElement summary = Types(property.DeclaringType)
            .Select(type => Documented.GetValueOrDefault($"P:{(type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName}.{property.Name}"))
            .FirstOrDefault(member => member?.Element("summary") is not null)?.Element("summary")
            ?? throw new InvalidOperationException($"{property.DeclaringType}.{property.Name} has no documentation.");
        string text = Spaces().Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim();
        return text.Replace("|", "\\|", StringComparison.Ordinal);
    }

    /// <summary>A type and those that it is derived from: what is overridden may be documented there.</summary>
    private static IEnumerable<Type> Types(Type? type) => type is null ? [] : Types(type.BaseType).Prepend(type);

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see when see.Attribute("cref")?.Value is { } name => name[0] switch
        {
            'P' or 'F' => $"`{JsonNamingPolicy.SnakeCaseLower.ConvertName(name.Split('.')[^1])}`",
            'M' => $"`{name.Split('(')[0].Split('.')[^1]}`",
            _ => $"`{name.Split('.')[^1]}`",
        },
        XElement { Name.LocalName: "see" } see => $"`{see.Attribute("langword")?.Value}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => string.Concat(other.Nodes().Select(Text)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
