namespace MLNetAttn.Modeling.Tests;

public sealed class JinjaTemplateTests
{
    [Theory]
    [InlineData("{% if a %}\n  {{ x | shout }}\n{% endif %}", "t.jinja, line 2, column 10: the filter 'shout' is not supported.")]
    [InlineData("\n{{ x is loud }}", "t.jinja, line 2, column 9: the test 'loud' is not supported.")]
    [InlineData("ab {% include 'x' %}", "t.jinja, line 1, column 7: the block 'include' is not supported.")]
    [InlineData("{% extends 'x' %}", "t.jinja, line 1, column 4: the block 'extends' is not supported.")]
    [InlineData("{{ 'a'.encode() }}", "t.jinja, line 1, column 8: the attribute 'encode' of a value of type 'str' is not supported.")]
    [InlineData("{{ 1 }}\n{{ strftime_now('%Q') }}", "t.jinja, line 2, column 16: the directive '%Q' of 'strftime_now' is not supported.")]
    [InlineData("{{ ['a'] | map('shout') | list }}", "t.jinja, line 1, column 27: the filter 'shout' is not supported.")]
    [InlineData("{{ '\\N{DASH}' }}", "t.jinja, line 1, column 5: a character by its name, '\\N' is not supported.")]
    [InlineData("{{ {}.keys }}", "t.jinja, line 1, column 7: printing a value of type 'function' is not supported.")]
    public void What_is_not_known_is_refused_by_name_and_place(string template, string message) =>
        FluentActions.Invoking(() => Templates.Render(template)).Should().Throw<NotSupportedException>().WithMessage(message);

    [Theory]
    [InlineData("line\n{% if x %}", "t.jinja, line 2, column 4: the block 'if' does not end: expected 'elif' or 'else' or 'endif'.")]
    [InlineData("{{ a b }}", "t.jinja, line 1, column 6: found 'b', expected '}}'.")]
    [InlineData("\r\n\r\n  {{ ( }}", "t.jinja, line 3, column 8: unexpected '}'.")]
    [InlineData("{% endfor %}", "t.jinja, line 1, column 4: found the block 'endfor', which does not exist or has no beginning.")]
    [InlineData("{{ x.y }}", "t.jinja, line 1, column 6: 'x' is undefined.")]
    [InlineData("{% set a = {} %}\n\n{{ a.b.c }}", "t.jinja, line 3, column 8: a value of type 'dict' has no attribute 'b'.")]
    [InlineData("{{ 'a' + 1 }}", "t.jinja, line 1, column 8: '+' does not take values of the types 'str' and 'int'.")]
    [InlineData("{{ 1 / 0 }}", "t.jinja, line 1, column 6: division by zero.")]
    [InlineData("a\n{{ 'x' | replace('y') }}", "t.jinja, line 2, column 10: 'replace' lacks its argument 'new'.")]
    [InlineData("{# never", "t.jinja, line 1, column 1: the comment does not end: expected '#}'.")]
    public void What_is_wrong_is_described_with_its_place(string template, string message) =>
        FluentActions.Invoking(() => Templates.Render(template)).Should().Throw<InvalidDataException>().WithMessage(message);

    [Fact]
    public void A_template_refuses_its_input_in_its_own_words() =>
        FluentActions.Invoking(() => Templates.Render("{% if true %}\n{{ raise_exception('no ' ~ x) }}{% endif %}", ("x", 5))).Should()
            .Throw<ArgumentException>().WithMessage("t.jinja, line 2, column 19: the template refuses what it was given: no 5");

    [Theory]
    [InlineData("{% for i in range(99999) %}{% for j in range(99999) %}{% for k in range(99999) %}{% endfor %}{% endfor %}{% endfor %}")]
    [InlineData("{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(99999) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = ns.x * 2 %}{% endfor %}")]
    [InlineData("{% for i in range(99999) %}{{ 'x' * 10000 }}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}")]
    [InlineData("{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}")]
    [InlineData("{{ 'x' * 2000000000 }}")]
    [InlineData("{{ 'x'.ljust(2000000000) }}")]
    [InlineData("{{ '%1999999999d' % 1 }}")]
    [InlineData("{{ 'x' | indent(1999999999, true) }}")]
    [InlineData("{{ [1] | slice(2000000000) | list }}")]
    [InlineData("{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}")]
    [InlineData("{% set a = 'a' * 4000000 %}{% set b = 'a' * 2000000 + 'b' %}{% for i in range(9999) %}{{ b in a }}{% endfor %}")]
    [InlineData("{% set a = 'é' * 4000000 %}{% for i in range(9999) %}{{ a | upper | length }}{% endfor %}")]
    [InlineData("{{ 9 ** 99999 }}")]
    [InlineData("{% set ns = namespace(x=3) %}{% for i in range(999) %}{% set ns.x = ns.x * ns.x %}{% endfor %}")]
    [InlineData("{{ range(100001) }}")]
    public void A_template_that_never_ends_or_grows_beyond_measure_ends_with_an_error(string template)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        FluentActions.Invoking(() => Templates.Render(template)).Should().Throw<InvalidDataException>().WithMessage("t.jinja, line 1, column *");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(6L << 30, "garbage is made, but never held");
    }

    [Fact]
    public void Nesting_ends_with_an_error_also_where_the_stack_is_small()
    {
        string[] templates =
        [
            "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
            $"{{{{ {new string('(', 10_000)}1{new string(')', 10_000)} }}}}",
            $"{{{{ {new string('-', 10_000)}1 }}}}",
            $"{{{{ 1{string.Concat(Enumerable.Repeat(" + 1", 10_000))} }}}}",
            $"{{{{ x{string.Concat(Enumerable.Repeat(" | default(1)", 10_000))} }}}}",
            string.Concat(Enumerable.Repeat("{% if true %}", 10_000)),
            "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        ];
        foreach (string template in templates)
            RunOnSmallStack(() => FluentActions.Invoking(() => Templates.Render(template)).Should().Throw<InvalidDataException>(template[..40]));
    }

    [Fact]
    public void Templates_are_bounded_in_length() =>
        FluentActions.Invoking(() => Templates.Render(new string('a', 1_000_001))).Should().Throw<InvalidDataException>().WithMessage("*1000001 characters*");

    [Fact]
    public void What_a_template_may_use_grows_with_its_input()
    {
        string text = new('x', 1_000_000);
        const string Template = "{% set ns = namespace(all='') %}{% for i in range(60) %}{% set ns.all = text + 'x' %}{% endfor %}{{ ns.all | length }}";
        Templates.Render(Template, ("text", text)).Should().Be("1000001");
        FluentActions.Invoking(() => Templates.Render(Template.Replace("text + 'x'", "'x' * 1000001", StringComparison.Ordinal)))
            .Should().Throw<InvalidDataException>();
    }

    private static void RunOnSmallStack(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }, maxStackSize: 384 * 1024);
        thread.Start();
        thread.Join();
        failure.Should().BeNull();
    }
}
