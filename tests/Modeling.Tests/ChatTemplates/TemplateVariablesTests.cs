using System.Collections;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling.Tests;

public sealed class TemplateVariablesTests
{
    public static TheoryData<object?, string> Values => new()
    {
        { null, "None" },
        { "a'b", "\"a'b\"" },
        { true, "True" },
        { (byte)7, "7" },
        { ulong.MaxValue, "18446744073709551615" },
        { BigInteger.Pow(10, 30), "1000000000000000000000000000000" },
        { 1.5f, "1.5" },
        { 1e16, "1e+16" },
        { new[] { "a", null }, "['a', None]" },
        { new Hashtable { ["k"] = 1 }, "{'k': 1}" },
        { new Dictionary<string, object?> { ["b"] = new[] { 1 }, ["a"] = null }, "{'b': [1], 'a': None}" },
        { JsonNode.Parse("{\"x\": [1, 2.0, -0, 1e3, \"é\", false]}"), "{'x': [1, 2.0, 0, 1000.0, 'é', False]}" },
        { JsonDocument.Parse("{\"k\": 1, \"k\": 2}"), "{'k': 2}" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Values_are_what_Python_would_have(object? value, string expected) => Templates.Evaluate("[x]", ("x", value)).Should().Be($"[{expected}]");

    [Fact]
    public void What_templates_do_not_have_is_refused_by_name()
    {
        object cyclic = new object[1];
        ((object[])cyclic)[0] = cyclic;
        FluentActions.Invoking(() => Templates.Evaluate("x", ("when", DateTime.UnixEpoch)))
            .Should().Throw<ArgumentException>().WithMessage("'when' is of type System.DateTime*");
        FluentActions.Invoking(() => Templates.Evaluate("x", ("x", cyclic))).Should().Throw<ArgumentException>().WithMessage("*more than 100 deep*");
        FluentActions.Invoking(() => Templates.Evaluate("x", ("x", new Hashtable { [1] = 1 })))
            .Should().Throw<ArgumentException>().WithMessage("'x' has a key of type System.Int32*");
        FluentActions.Invoking(() => Templates.Evaluate("x", ("x", JsonDocument.Parse(new string('1', 5000)).RootElement)))
            .Should().Throw<ArgumentException>().WithMessage("*more than 4300 digits*");
        FluentActions.Invoking(() => Templates.Evaluate("x", ("x", default(JsonElement)))).Should().Throw<ArgumentException>().WithMessage("*without a value*");
    }

    [Fact]
    public void Messages_are_checked()
    {
        ChatTemplate template = ChatTemplate.Parse("");
        FluentActions.Invoking(() => template.Render([null!])).Should().Throw<ArgumentException>().WithMessage("messages[0] is null*");
        ChatMessage twice = new("user", "a") { Fields = new Dictionary<string, object?> { ["content"] = "b" } };
        FluentActions.Invoking(() => template.Render([new ChatMessage("user", ""), twice]))
            .Should().Throw<ArgumentException>().WithMessage("messages[1].Fields holds 'content'*");
    }
}
