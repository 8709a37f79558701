namespace MLNetAttn.Modeling;

internal enum BinaryOperator
{
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

internal enum ComparisonOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// <summary>A part of a template that has a value.</summary>
/// <param name="Position">Where it is in the source; of an operator, call or access, where its sign is.</param>
internal abstract record JinjaExpression(int Position);

internal sealed record LiteralExpression(JinjaValue Value, int Position) : JinjaExpression(Position);

internal sealed record NameExpression(string Name, int Position) : JinjaExpression(Position);

internal sealed record ListExpression(IReadOnlyList<JinjaExpression> Items, int Position) : JinjaExpression(Position);

internal sealed record TupleExpression(IReadOnlyList<JinjaExpression> Items, int Position) : JinjaExpression(Position);

internal sealed record DictionaryExpression(IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Entries, int Position) : JinjaExpression(Position);

internal sealed record AttributeExpression(JinjaExpression Target, string Name, int Position) : JinjaExpression(Position);

internal sealed record ItemExpression(JinjaExpression Target, JinjaExpression Key, int Position) : JinjaExpression(Position);

internal sealed record SliceExpression(JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step, int Position) : JinjaExpression(Position);

/// <summary>The arguments of a call: <c>(a, name=b, *c, **d)</c>.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<JinjaExpression> Positional, IReadOnlyList<KeyValuePair<string, JinjaExpression>> Named, JinjaExpression? Rest, JinjaExpression? NamedRest)
{
    public static readonly ArgumentList Empty = new([], [], null, null);
}

internal sealed record CallExpression(JinjaExpression Callee, ArgumentList Arguments, int Position) : JinjaExpression(Position);

/// <summary>A filter with its arguments, without what it is applied to.</summary>
internal sealed record FilterCall(JinjaFunction Filter, ArgumentList Arguments, int Position);

internal sealed record FilterExpression(JinjaExpression Target, FilterCall Call, int Position) : JinjaExpression(Position);

internal sealed record TestExpression(JinjaExpression Target, JinjaFunction Test, ArgumentList Arguments, int Position) : JinjaExpression(Position);

internal sealed record SignExpression(JinjaExpression Operand, bool IsNegative, int Position) : JinjaExpression(Position);

internal sealed record BinaryExpression(BinaryOperator Operator, JinjaExpression Left, JinjaExpression Right, int Position) : JinjaExpression(Position);

internal sealed record ConcatExpression(IReadOnlyList<JinjaExpression> Parts, int Position) : JinjaExpression(Position);

internal sealed record ComparisonExpression(
    JinjaExpression First, IReadOnlyList<(ComparisonOperator Operator, JinjaExpression Operand)> Rest, int Position)
    : JinjaExpression(Position);

internal sealed record NotExpression(JinjaExpression Operand, int Position) : JinjaExpression(Position);

internal sealed record LogicalExpression(JinjaExpression Left, JinjaExpression Right, bool IsOr, int Position) : JinjaExpression(Position);

internal sealed record ConditionalExpression(JinjaExpression Test, JinjaExpression Then, JinjaExpression? Else, int Position) : JinjaExpression(Position);
