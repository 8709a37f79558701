namespace MLNetAttn.Modeling.Tests;

public sealed class ExpressionParserTests
{
    [Theory]
    [InlineData("1 + 2 * 3", "(1 + (2 * 3))")]
    [InlineData("1 - 2 - 3", "((1 - 2) - 3)")]
    [InlineData("-a ** b ** c", "(((-a) ** b) ** c)")]
    [InlineData("a ~ b + c ~ d", "((a ~ b) + (c ~ d))")]
    [InlineData("not a == b and c or d", "(((not (a == b)) and c) or d)")]
    [InlineData("a < b <= c not in d", "(a < b <= c not in d)")]
    [InlineData("a if b else c if d else e", "(a if b else (c if d else e))")]
    [InlineData("a | f.x(1) is not odd", "")]
    [InlineData("-a.b[0] | abs + 1", "(abs((-a.b[0])) + 1)")]
    [InlineData("a is divisibleby 3 and b", "(divisibleby?(a, 3) and b)")]
    [InlineData("a is not none", "(not none?(a))")]
    [InlineData("x.y(1, k=2)['z'].0", "x.y(1, k=2)['z'][0]")]
    [InlineData("a[1:], a[:, ::2]", "(a[1:], a[(:, ::2)])")]
    [InlineData("{'a': [1, (2,)]}", "{'a': [1, (2,)]}")]
    public void Precedence_is_that_of_Jinja(string source, string expected)
    {
        Func<JinjaExpression> parse = () =>
            new ExpressionParser(new JinjaTokens([.. JinjaLexer.Tokenize(new JinjaSource($"{{{{ {source} }}}}")).Skip(1)])).ParseTuple();
        if (expected.Length == 0)
            parse.Should().Throw<JinjaException>().WithMessage("the filter 'f.x' is not supported");
        else
            Write(parse()).Should().Be(expected);
    }

    private static string Write(JinjaExpression? expression) => expression switch
    {
        null => "",
        LiteralExpression literal => new JinjaWriter(Templates.State()).AppendRepr(literal.Value).ToString(),
        NameExpression name => name.Name,
        ListExpression list => $"[{Join(list.Items)}]",
        TupleExpression tuple => $"({Join(tuple.Items)}{(tuple.Items.Count == 1 ? "," : "")})",
        DictionaryExpression dictionary => $"{{{string.Join(", ", dictionary.Entries.Select(entry => $"{Write(entry.Key)}: {Write(entry.Value)}"))}}}",
        AttributeExpression attribute => $"{Write(attribute.Target)}.{attribute.Name}",
        ItemExpression item => $"{Write(item.Target)}[{Write(item.Key)}]",
        SliceExpression slice => $"{Write(slice.Start)}:{Write(slice.Stop)}{(slice.Step is null ? "" : $":{Write(slice.Step)}")}",
        CallExpression call => $"{Write(call.Callee)}({Join(call.Arguments)})",
        FilterExpression filter => $"{filter.Call.Filter.Name}({Write(filter.Target)})",
        TestExpression test => $"{test.Test.Name}?({string.Join(", ", (string[])[Write(test.Target), .. test.Arguments.Positional.Select(Write)])})",
        SignExpression sign => $"({(sign.IsNegative ? "-" : "+")}{Write(sign.Operand)})",
        BinaryExpression binary => $"({Write(binary.Left)} {Symbol(binary.Operator)} {Write(binary.Right)})",
        ConcatExpression concatenation => $"({string.Join(" ~ ", concatenation.Parts.Select(Write))})",
        ComparisonExpression comparison =>
            $"({Write(comparison.First)}{string.Concat(comparison.Rest.Select(rest => $" {Symbol(rest.Operator)} {Write(rest.Operand)}"))})",
        NotExpression not => $"(not {Write(not.Operand)})",
        LogicalExpression logical => $"({Write(logical.Left)} {(logical.IsOr ? "or" : "and")} {Write(logical.Right)})",
        ConditionalExpression conditional => $"({Write(conditional.Then)} if {Write(conditional.Test)} else {Write(conditional.Else)})",
        _ => throw new InvalidOperationException($"Unknown expression {expression}."),
    };

    private static string Join(IEnumerable<JinjaExpression> expressions) => string.Join(", ", expressions.Select(Write));

    private static string Join(ArgumentList arguments) =>
        string.Join(", ", arguments.Positional.Select(Write).Concat(arguments.Named.Select(argument => $"{argument.Key}={Write(argument.Value)}")));

    private static string Symbol(BinaryOperator operation) => operation switch
    {
        BinaryOperator.Add => "+",
        BinaryOperator.Subtract => "-",
        BinaryOperator.Multiply => "*",
        _ => "**",
    };

    private static string Symbol(ComparisonOperator operation) => operation switch
    {
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.NotIn => "not in",
        _ => "==",
    };
}
