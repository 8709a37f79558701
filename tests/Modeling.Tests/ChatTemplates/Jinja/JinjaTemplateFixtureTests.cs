using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Templates render as Jinja2 3.1.6 renders them: Fixtures/jinja_cases.py says how the cases came about.</summary>
public sealed class JinjaTemplateFixtureTests
{
    private static readonly string CasesPath = Repository.Path("tests", "Modeling.Tests", "ChatTemplates", "Fixtures", "jinja.cases.jsonl");

    [Fact]
    public void Every_template_renders_or_fails_as_in_Jinja2()
    {
        string[] lines = File.ReadAllLines(CasesPath);
        JsonElement header = JsonDocument.Parse(lines[0]).RootElement;
        string template = "";
        List<string> differences = [];
        foreach (JsonElement expected in lines.Skip(1).Select(line => JsonDocument.Parse(line).RootElement))
        {
            template = expected.TryGetProperty("template", out JsonElement given) ? given.GetString()! : template;
            string? output = Render(template, Variables(header, expected), out string error);
            string? reference = expected.TryGetProperty("output", out JsonElement text) ? text.GetString() : null;
            if (output != reference)
                differences.Add($"{template}\n  gives {output ?? error}\n  expected {reference ?? expected.GetProperty("error").GetString()}");
        }
        lines.Should().HaveCountGreaterThan(1000);
        differences.Should().BeEmpty();
    }

    private static string? Render(string template, Dictionary<string, object?> variables, out string error)
    {
        error = "";
        try
        {
            TemplateVariables values = new();
            foreach ((string name, object? value) in variables)
                values.Set(name, value);
            return JinjaTemplate.Parse(template, "a template").Render(values.Values, values.Size, FixedClock.Instance);
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException or ArgumentException)
        {
            error = exception.Message;
            return null;
        }
    }

    private static Dictionary<string, object?> Variables(JsonElement header, JsonElement expected)
    {
        bool isConversation = expected.TryGetProperty("conversation", out JsonElement conversation);
        Dictionary<string, object?> variables = new()
        {
            ["messages"] = header.GetProperty("conversations")[isConversation ? conversation.GetInt32() : 0],
            ["tools"] = null,
            ["documents"] = null,
            ["add_generation_prompt"] = false,
        };
        IEnumerable<JsonElement> more = isConversation
            ? [header.GetProperty("special_tokens"), header.GetProperty("settings")[expected.GetProperty("settings").GetInt32()]]
            : [header.GetProperty("variables")];
        foreach (JsonProperty variable in more.SelectMany(part => part.EnumerateObject()))
            variables[variable.Name] = variable.Value;
        return variables;
    }
}
