using System.Text;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class PythonTextTests
{
    private static readonly Gen<string> Text = Gen
        .OneOf(Gen.Char["ab \n\t\u001C\u00A0\u3000é'\"\\"], Gen.Char['\uD7FE', '\uE001'], Gen.Char)
        .Array[0, 12]
        .Select(units => new string(units));

    [Fact]
    public void Texts_are_ordered_by_code_points() => Gen.Select(Text, Text).Sample((left, right) =>
        Math.Sign(PythonText.Compare(left, right)).Should().Be(Math.Sign(CodePoints(left).Zip(CodePoints(right), (one, other) => one.CompareTo(other))
            .FirstOrDefault(order => order != 0) is var first and not 0 ? first : CodePoints(left).Count().CompareTo(CodePoints(right).Count()))));

    [Fact]
    public void Stripping_leaves_nothing_to_strip() => Gen.Select(Text, Text).Sample((text, characters) =>
    {
        string stripped = PythonText.Strip(text, characters).ToString();
        PythonText.Strip(stripped, characters).ToString().Should().Be(stripped);
        text.Contains(stripped, StringComparison.Ordinal).Should().BeTrue();
        PythonText.Strip(PythonText.Strip(text, characters, right: false), characters, left: false).ToString().Should().Be(stripped);
    });

    [Fact]
    public void Lines_with_their_ends_are_the_text() => Text.Sample(text =>
    {
        string.Concat(PythonText.Lines(text, keepEnds: true)).Should().Be(text);
        PythonText.Lines(text).Any(line => line.Any(PythonText.IsLineBreak)).Should().BeFalse();
    });

    [Fact]
    public void Code_points_are_counted_as_in_UTF_32() => Text.Sample(text =>
    {
        string valid = new([.. text.Where(unit => !char.IsSurrogate(unit))]);
        PythonText.CountOf(valid + "😀").Should().Be(Encoding.UTF32.GetByteCount(valid) / 4 + 1);
        PythonText.CountOf(text).Should().Be(CodePoints(text).Count());
    });

    [Theory]
    [InlineData("plain", "'plain'")]
    [InlineData("it's", "\"it's\"")]
    [InlineData("\"it's\"", "'\"it\\'s\"'")]
    [InlineData("\n\t\r\\\0\u007F\u00AD", "'\\n\\t\\r\\\\\\x00\\x7f\\xad'")]
    [InlineData("é\u2028\uE000\u200D😀", "'é\\u2028\\ue000\\u200d😀'")]
    [InlineData("\U000E0001", "'\\U000e0001'")]
    public void Repr_escapes_what_cannot_be_seen(string text, string expected)
    {
        JinjaWriter writer = new(Templates.State());
        PythonText.WriteRepr(writer, text);
        writer.ToString().Should().Be(expected);
    }

    private static IEnumerable<int> CodePoints(string text) =>
        PythonText.Offsets(text).Select(offset => PythonText.LengthAt(text, offset) == 2 ? char.ConvertToUtf32(text, offset) : text[offset]);
}
