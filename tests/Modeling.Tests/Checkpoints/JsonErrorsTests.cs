using System.Text;
using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

public sealed class JsonErrorsTests
{
    [Theory]
    [InlineData("x", "'x' is an invalid start of a value (line 1, byte 1).", "(byte 1).")]
    [InlineData("{\n  \"a\": 1,\n  \"b\": x\n}", "'x' is an invalid start of a value (line 3, byte 8).", "(line 3, byte 8).")]
    public void Lines_and_bytes_are_counted_from_1(string json, string message, string inLine)
    {
        Action parse = () => JsonDocument.Parse(json).Dispose();
        JsonException thrown = parse.Should().Throw<JsonException>().Which;
        JsonErrors.Describe(thrown).Should().Be(message);
        JsonErrors.DescribeLine(thrown).Should().EndWith($"a value {inLine}");
        Action read = () => JsonFields.Parse(Encoding.UTF8.GetBytes(json), "a.json");
        read.Should().Throw<InvalidDataException>().WithMessage($"a.json: the file is no valid JSON: {message}");
    }

    [Fact]
    public void A_value_of_the_wrong_kind_keeps_its_path()
    {
        Action read = () => JsonSerializer.Deserialize<Dictionary<string, int>>("{\n\"a\": \"b\"}");
        JsonErrors.Describe(read.Should().Throw<JsonException>().Which).Should()
            .Be("The JSON value could not be converted to System.Int32. Path: $.a (line 2, byte 9).");
    }

    [Fact]
    public void Without_a_place_the_message_is_as_it_was() => JsonErrors.Describe(new JsonException("no such thing")).Should().Be("no such thing");
}
