namespace MLNetAttn.Modeling.Tests;

public sealed class StatementRunnerTests
{
    [Theory]
    [InlineData("{% for x in [1, 2, 3] if x != 2 %}{{ loop.index }}:{{ x }}{{ ',' if not loop.last }}{% endfor %}", "1:1,2:3")]
    [InlineData("{% for x in 'abc' %}{% if loop.index0 == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "ac")]
    [InlineData("{% for x in 'abc' %}{% if x == 'b' %}{% break %}{% endif %}{{ x }}{% else %}none{% endfor %}", "a")]
    [InlineData("{% for x in [] %}{% else %}none{% endfor %}", "none")]
    [InlineData("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1")]
    [InlineData("{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2")]
    [InlineData("{% set n = namespace(x=1) %}{% for i in [1] %}{% set n.x = 2 %}{% endfor %}{{ n.x }}", "2")]
    [InlineData("{% set x %}a{{ 1 }}{% endset %}{{ x ~ x }}", "a1a1")]
    [InlineData("{% macro m(a, b='B') %}{{ a }}{{ b }}{{ caller() if caller else '' }}{% endmacro %}{{ m('A') }}{% call m(1, 2) %}C{% endcall %}", "AB12C")]
    [InlineData(
        "{% for x in [[1, [2]], 3] recursive %}{% if x is number %}{{ x }}@{{ loop.depth }} {% else %}{{ loop(x) }}{% endif %}{% endfor %}",
        "1@2 2@3 3@1 ")]
    [InlineData("{% with a = 1 %}{{ a }}{% endwith %}{{ a is defined }}", "1False")]
    [InlineData("{% filter upper %}a{% endfilter %}{% generation %}b{% endgeneration %}", "Ab")]
    public void Statements_do_what_Jinja_does(string template, string expected) => Templates.Render(template).Should().Be(expected);
}
