using System.Text.Json;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class JinjaJsonTests
{
    private static readonly Gen<string> Text = Gen
        .OneOf(Gen.Char["ab\"\\/<>&'\n\r\t\b\f\u0000\u001F\u007F\u0080\u2028é"], Gen.Char['\uE000', '\uFFFF'])
        .Array[0, 10]
        .Select(units => new string(units) + "😀");

    [Fact]
    public void What_is_written_reads_back_the_same() => Gen.Select(Text, Gen.Double, Gen.Long, Gen.Bool).Sample((text, number, integer, ascii) =>
    {
        if (!double.IsFinite(number))
            return;
        string json = Templates.Evaluate(
            "{'t': [text, number, integer], text: none} | tojson(ensure_ascii=ascii)",
            ("text", text), ("number", number), ("integer", integer), ("ascii", ascii));
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement list = document.RootElement.GetProperty("t");
        list[0].GetString().Should().Be(text);
        list[1].GetDouble().Should().Be(number);
        list[2].GetInt64().Should().Be(integer);
        document.RootElement.GetProperty(text).ValueKind.Should().Be(JsonValueKind.Null);
        json.All(char.IsAscii).Should().Be(ascii || text.All(char.IsAscii));
    });

    [Theory]
    [InlineData("[1, {'a': [], 'b': {}}] | tojson(indent=2)", "[\n  1,\n  {\n    \"a\": [],\n    \"b\": {}\n  }\n]")]
    [InlineData("{'b': 1, 'a': 2} | tojson(sort_keys=true, separators=(',', ':'))", "{\"a\":2,\"b\":1}")]
    [InlineData("'<é>' | tojson", "\"<é>\"")]
    public void Layout_is_that_of_Python(string expression, string expected) => Templates.Evaluate(expression).Should().Be(expected);
}
