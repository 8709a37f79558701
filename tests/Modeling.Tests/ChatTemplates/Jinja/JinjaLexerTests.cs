namespace MLNetAttn.Modeling.Tests;

public sealed class JinjaLexerTests
{
    [Fact]
    public void Tokens_know_where_they_stand()
    {
        const string Source = "a{% set x = 'q\\n' %}\n{{ x.y[1.5] }}";
        List<JinjaToken> tokens = JinjaLexer.Tokenize(new JinjaSource(Source));
        tokens.Select(token => token.Text).Should().Equal("a", "{%", "set", "x", "=", "q\n", "%}", "{{", "x", ".", "y", "[", "1.5", "]", "}}", "");
        foreach (JinjaToken token in tokens.Where(token => token.Kind is not (JinjaTokenKind.String or JinjaTokenKind.End)))
            Source.AsSpan(token.Position).StartsWith(token.Text).Should().BeTrue();
    }

    [Theory]
    [InlineData("a\n  {% if x %}\n  b", "a\n|  b", "the line of a block leaves nothing")]
    [InlineData("a\n  {%+ if x +%}\n  b", "a\n  |\n  b", "unless it is kept")]
    [InlineData("a \n\n {%- if x -%} \n\n b", "a|b", "a hyphen strips across lines")]
    [InlineData("a  {% if x %}  b", "a  |  b", "a block inside a line keeps its surroundings")]
    [InlineData("  {# c #}\n  {# d #}\nb", "b", "comments strip like blocks")]
    [InlineData("  {{ x }}\n", "  ", "output strips nothing, and a line break at the end goes")]
    [InlineData("\n{% raw -%}\n {{ x }} {% endraw %}\nb", "\n|{{ x }} |b", "a raw block is text")]
    [InlineData("a\r\n{% if x %}\r\nb\rc", "a\n|b\nc", "line breaks become line feeds")]
    public void White_space_around_tags_is_stripped_as_in_transformers(string source, string data, string because) =>
        string.Join('|', JinjaLexer.Tokenize(new JinjaSource(source)).Where(token => token.Kind == JinjaTokenKind.Data).Select(token => token.Text))
            .Should().Be(data, because);
}
