using System.Collections.Frozen;

namespace MLNetAttn.Pipelines;

/// <summary>Reads fractions, roots, and functions with a meaning.</summary>
/// <param name="tokens">The formula.</param>
/// <param name="expressions">Reads what functions apply to.</param>
internal sealed class FunctionParser(LatexTokens tokens, ExpressionParser expressions)
{
    // sin^{-1} is the inverse, not the reciprocal.
    private static readonly FrozenSet<string> Invertible = FrozenSet.Create("sin", "cos", "tan", "csc", "sec", "cot", "sinh", "cosh", "tanh");

    private static readonly FrozenSet<string> OfSeveral = FrozenSet.Create("gcd", "lcm", "max", "min");

    /// <summary>The function at this position; null if there is none.</summary>
    public MathNode? Read()
    {
        LatexToken token = tokens.Advance();
        return token.Kind switch
        {
            LatexTokenKind.Fraction => InBraces() is { } above && InBraces() is { } below ? MathNodes.Divide(above, below) : null,
            LatexTokenKind.Binomial => InBraces() is { } top && InBraces() is { } bottom ? new FunctionNode("binomial", [top, bottom]) : null,
            LatexTokenKind.Root => Root(),
            LatexTokenKind.Series => Series(isProduct: token.Text == "prod"),
            LatexTokenKind.Function => Function(token.Text),
            LatexTokenKind.Operator => Operator(),
            _ => null,
        };
    }

    private MathNode? InBraces() =>
        tokens.Is(LatexTokenKind.Open, "{") && expressions.InBrackets(tokens.Advance()) is { IsScalar: true } inside ? inside : null;

    private MathNode? Root()
    {
        MathNode? degree = null;
        if (tokens.Skip(LatexTokenKind.Open, "["))
        {
            degree = expressions.Sum();
            if (degree is not { IsScalar: true } || !tokens.Skip(LatexTokenKind.Close, "]"))
                return null;
        }
        MathNode half = new NumberNode(Rational.Divide(MathNodes.One.Value, Rational.FromInteger(2))!.Value);
        return InBraces() is { } radicand && (degree is null ? half : MathNodes.Divide(MathNodes.One, degree)) is { } power
            ? MathNodes.Power(radicand, power)
            : null;
    }

    private SeriesNode? Series(bool isProduct)
    {
        SeriesStart? start = null;
        MathNode? last = null;
        for (int part = 0; part < 2; part++)
        {
            if (start is null && tokens.Skip(LatexTokenKind.Subscript))
                start = Start();
            else if (last is null && tokens.Skip(LatexTokenKind.Power))
                last = expressions.Exponent();
            else
                return null;
        }
        return start is { } from && last is not null && expressions.Term() is { IsScalar: true } body
            ? new SeriesNode(isProduct, from.Variable, from.First, last, body)
            : null;
    }

    // {k = 1}
    private SeriesStart? Start() =>
        tokens.Is(LatexTokenKind.Open, "{")
        && expressions.InBrackets(tokens.Advance()) is RelationNode { Kind: RelationKind.Equal, Left: SymbolNode variable, Right.IsScalar: true } equation
            ? new SeriesStart(variable.Name, equation.Right)
            : null;

    // \operatorname{lcm}
    private MathNode? Operator()
    {
        if (!tokens.Skip(LatexTokenKind.Open, "{"))
            return null;
        string name = "";
        while (tokens.Is(LatexTokenKind.Letter))
            name += tokens.Advance().Text;
        return tokens.Skip(LatexTokenKind.Close, "}")
            && LatexCommands.ByName.TryGetValue(name, out (LatexTokenKind Kind, string Text)? found)
            && found is { Kind: LatexTokenKind.Function }
                ? Function(name)
                : null;
    }

    private MathNode? Function(string name)
    {
        MathNode? below = null, above = null;
        while (tokens.Is(LatexTokenKind.Subscript) || tokens.Is(LatexTokenKind.Power))
        {
            bool isBelow = tokens.Is(LatexTokenKind.Subscript);
            if (!isBelow)
                tokens.Advance();
            if ((isBelow ? below : above) is not null || (isBelow ? expressions.Subscript() : expressions.Exponent()) is not { } read)
                return null;
            (below, above) = isBelow ? (read, above) : (below, read);
        }
        if (Arguments(OfSeveral.Contains(name)) is not { } arguments)
            return null;
        if (above is NumberNode { Value: var minusOne } && minusOne == MathNodes.MinusOne.Value && Invertible.Contains(name))
            (name, above) = ("arc" + name, null);
        MathNode? result = name switch
        {
            "log" => new FunctionNode("log", [arguments[0], below ?? new NumberNode(Rational.FromInteger(10))]),
            "ln" => new FunctionNode("log", [arguments[0], below ?? new ConstantNode(MathConstant.E)]),
            "exp" => MathNodes.Power(new ConstantNode(MathConstant.E), arguments[0]),
            "det" => arguments[0] is MatrixNode matrix ? MathNodes.Determinant(matrix) : null,
            "arsinh" or "arcosh" or "artanh" => new FunctionNode("arc" + name[2..], arguments),
            _ => new FunctionNode(name, arguments),
        };
        return result is null || above is null ? result : MathNodes.Power(result, above);
    }

    private MathNode[]? Arguments(bool several)
    {
        if (tokens.Is(LatexTokenKind.Open, "(") || several)
        {
            if (!tokens.Is(LatexTokenKind.Open, "("))
                return null;
            return expressions.InBrackets(tokens.Advance()) switch
            {
                { IsScalar: true } single => [single],
                TupleNode tuple when several => [.. tuple.Elements],
                IntervalNode { IsOpen: true } pair when several => [pair.Left, pair.Right],
                _ => null,
            };
        }
        return expressions.Term(functions: false) is { IsScalar: true } bare ? [bare] : null;
    }

    private readonly record struct SeriesStart(string Variable, MathNode First);
}
