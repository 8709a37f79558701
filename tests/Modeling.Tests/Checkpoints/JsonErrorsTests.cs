using System.Text;
using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

public sealed class JsonErrorsTests
{
    [Theory]
    [InlineData("x", "'x' is an invalid start of a value. Line 1, byte 1.")]
    [InlineData("{\n  \"a\": 1,\n  \"b\": x\n}", "'x' is an invalid start of a value. Line 3, byte 8.")]
    public void Lines_and_bytes_are_counted_from_1(string json, string message)
    {
        Action parse = () => JsonDocument.Parse(json).Dispose();
        JsonErrors.Describe(parse.Should().Throw<JsonException>().Which).Should().Be(message);
        Action read = () => JsonFields.Parse(Encoding.UTF8.GetBytes(json), "a.json");
        read.Should().Throw<InvalidDataException>().WithMessage($"a.json: the file is no valid JSON: {message}");
    }

    [Fact]
    public void Without_a_place_the_message_is_as_it_was() => JsonErrors.Describe(new JsonException("no such thing")).Should().Be("no such thing");
}
