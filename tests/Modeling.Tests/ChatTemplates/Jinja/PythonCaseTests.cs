using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class PythonCaseTests
{
    private static readonly Gen<string> Text = Gen
        .OneOf(Gen.Char["aZß\u0130\u0131\u03A3\u03C3\u01C5\uFB03'.- 1"], Gen.Char)
        .Array[0, 10]
        .Select(units => new string(units));

    [Theory]
    [InlineData("straße", "STRASSE", "straße", "Straße")]
    [InlineData("\u1FB3\u0390", "\u0391\u0399\u0399\u0308\u0301", "\u1FB3\u0390", "\u1FBC\u0390")]
    [InlineData("\u01C6a", "\u01C4A", "\u01C6a", "\u01C5a")]
    [InlineData("\uFB03x", "FFIX", "\uFB03x", "Ffix")]
    [InlineData("\u0130", "\u0130", "i\u0307", "\u0130")]
    [InlineData("\u0391\u03A3", "\u0391\u03A3", "\u03B1\u03C2", "\u0391\u03C2")]
    [InlineData("\u03A3'\u03A3", "\u03A3'\u03A3", "\u03C3'\u03C2", "\u03A3'\u03C2")]
    [InlineData("\u10D0", "\u1C90", "\u10D0", "\u10D0")]
    [InlineData("𐐨b", "𐐀B", "𐐨b", "𐐀b")]
    public void Case_is_mapped_in_full(string text, string upper, string lower, string capitalized)
    {
        PythonCase.Upper(text).Should().Be(upper);
        PythonCase.Lower(text).Should().Be(lower);
        PythonCase.Capitalize(text).Should().Be(capitalized);
    }

    [Fact]
    public void Mapping_twice_changes_nothing_more() => Text.Sample(text =>
    {
        PythonCase.Lower(PythonCase.Lower(text)).Should().Be(PythonCase.Lower(text));
        PythonCase.Upper(PythonCase.Upper(text)).Should().Be(PythonCase.Upper(text));
        PythonCase.Swap(text).Length.Should().BeGreaterThanOrEqualTo(text.Length);
    });

    [Theory]
    [InlineData("they're bill's", "They'Re Bill'S")]
    [InlineData("a1b  c", "A1B  C")]
    [InlineData("ßx", "Ssx")]
    public void Words_begin_after_what_has_no_case(string text, string expected) => PythonCase.Title(text).Should().Be(expected);
}
