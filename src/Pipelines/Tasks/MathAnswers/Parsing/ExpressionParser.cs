namespace MLNetAttn.Pipelines;

/// <summary>Reads expressions: sums, products, powers, functions, matrices. The numbers that a formula leaves out between two factors are products, and 3 1/2 is a sum.</summary>
/// <param name="tokens">The formula.</param>
/// <param name="group">Reads the rest of what is in brackets.</param>
/// <param name="plain">Whether it is arithmetic in plain text: nothing may be left out, and an exponent may have a sign or parentheses.</param>
internal sealed class ExpressionParser(LatexTokens tokens, Func<LatexToken, MathNode?> group, bool plain)
{
    private const int MaximumDepth = 150;

    private int _depth;
    private int _openBars;

    /// <summary>A sum. A set or tuple is taken too if it stands alone.</summary>
    public MathNode? Sum()
    {
        if (Term(functions: true) is not { } first)
            return null;
        var terms = new List<MathNode> { first };
        while (first.IsScalar && (tokens.Is(LatexTokenKind.Plus) || tokens.Is(LatexTokenKind.Minus)))
        {
            bool subtract = tokens.Advance().Kind == LatexTokenKind.Minus;
            if (Scalar(Term(functions: true)) is not { } term || (subtract ? MathNodes.Negate(term) : term) is not { } signed)
                return null;
            terms.Add(signed);
        }
        MathNode? sum = MathNodes.Sum(terms);
        return sum is { IsScalar: true } top && tokens.Skip(LatexTokenKind.Choose) ? Scalar(Sum()) is { } bottom ? new FunctionNode("binomial", [top, bottom]) : null : sum;
    }

    /// <summary>A variable with its subscript; null if there is none here.</summary>
    public MathNode? Name()
    {
        if (!IsName(tokens.Current))
            return null;
        string name = tokens.Advance().Text;
        if (!tokens.Is(LatexTokenKind.Subscript))
            return Symbols.Create(name);
        return SubscriptText() is { } subscript ? new SymbolNode($"{name}_{subscript}".ToLowerInvariant()) : null;
    }

    // e is a number, E a variable.
    private static bool IsName(LatexToken token) => token.Kind is LatexTokenKind.Symbol or LatexTokenKind.Styled || (token.Kind == LatexTokenKind.Letter && token.Text is not ("e" or "I"));

    private static MathNode? Scalar(MathNode? node) => node is { IsScalar: true } ? node : null;

    // Functions: whether a function may follow a factor. It may not in what a function without parentheses applies to: sin x cos x is a product.
    private MathNode? Term(bool functions)
    {
        MathNode? left = Unary(functions);
        while (left is { IsScalar: true } && tokens.Current.Kind is LatexTokenKind.Times or LatexTokenKind.Divide or LatexTokenKind.Modulo)
        {
            LatexTokenKind operation = tokens.Advance().Kind;
            if (Scalar(Unary(functions)) is not { } right)
                return null;
            left = operation switch
            {
                LatexTokenKind.Times => MathNodes.Product(left, right),
                LatexTokenKind.Divide => MathNodes.Divide(left, right),
                _ => new FunctionNode("mod", [left, right]),
            };
        }
        return left;
    }

    // Every way down leads through here.
    private MathNode? Unary(bool functions)
    {
        if (_depth >= MaximumDepth)
            return null;
        _depth++;
        MathNode? result = tokens.Skip(LatexTokenKind.Plus) ? Scalar(Unary(functions))
            : tokens.Skip(LatexTokenKind.Minus) ? Scalar(Unary(functions)) is { } operand ? MathNodes.Negate(operand) : null
            : Factors(functions);
        _depth--;
        return result;
    }

    private MathNode? Factors(bool functions)
    {
        var factors = new List<MathNode>();
        do
        {
            if (Postfix() is not { } factor || (factors.Count > 0 && !(factor.IsScalar && factors[0].IsScalar)))
                return null;
            factors.Add(factor);
        }
        while (!plain && BeginsFactor(functions));
        MathNode? product = factors[^1];
        for (int index = factors.Count - 2; index >= 0 && product is not null; index--)
            product = MathNodes.Juxtapose(factors[index], product);
        return product;
    }

    private bool BeginsFactor(bool functions) => tokens.Current.Kind switch
    {
        LatexTokenKind.Number or LatexTokenKind.Percent or LatexTokenKind.Symbol or LatexTokenKind.Styled or LatexTokenKind.Infinity
            or LatexTokenKind.Fraction or LatexTokenKind.Binomial or LatexTokenKind.Open or LatexTokenKind.BeginMatrix => true,
        LatexTokenKind.Letter => functions || tokens.Current.Text != "e",
        LatexTokenKind.Function or LatexTokenKind.Operator or LatexTokenKind.Root or LatexTokenKind.Series => functions,
        LatexTokenKind.Bar => _openBars == 0,
        _ => false,
    };

    private MathNode? Postfix()
    {
        MathNode? result = Power();
        while (result is not null)
        {
            if (tokens.Skip(LatexTokenKind.Factorial))
                result = result is MatrixNode or { IsScalar: false } ? null : new FunctionNode("factorial", [result]);
            else if (tokens.Is(LatexTokenKind.Power) && SkipDegree())
                continue;
            else
                break;
        }
        return result;
    }

    private MathNode? Power()
    {
        MathNode? result = Atom();
        while (result is not null && tokens.Is(LatexTokenKind.Power) && !FollowedByDegree())
        {
            tokens.Advance();
            if (result is MatrixNode matrix && tokens.Skip(LatexTokenKind.Letter, "T"))
                result = MathNodes.Transpose(matrix);
            else
                result = Scalar(result) is { } power && Exponent() is { } exponent ? MathNodes.Power(power, exponent) : null;
        }
        return result;
    }

    // 12^\circ or 12^{\circ}: degrees are dropped.
    private bool FollowedByDegree() => tokens.Following.Kind == LatexTokenKind.Degree || (tokens.Following is { Kind: LatexTokenKind.Open, Text: "{" } && tokens.Peek(2).Kind == LatexTokenKind.Degree);

    private bool SkipDegree()
    {
        if (!FollowedByDegree())
            return false;
        tokens.Advance();
        bool braces = tokens.Skip(LatexTokenKind.Open, "{");
        return tokens.Skip(LatexTokenKind.Degree) && (!braces || tokens.Skip(LatexTokenKind.Close, "}"));
    }

    private MathNode? Exponent()
    {
        if (tokens.Is(LatexTokenKind.Open) && (plain || tokens.Current.Text == "{"))
            return Scalar(InBrackets(tokens.Advance()));
        if (plain && tokens.Skip(LatexTokenKind.Minus))
            return Exponent() is { } exponent ? MathNodes.Negate(exponent) : null;
        return tokens.Current switch
        {
            { Kind: LatexTokenKind.Letter, Text: "e" } => null,
            { Kind: LatexTokenKind.Number or LatexTokenKind.Percent or LatexTokenKind.Letter or LatexTokenKind.Infinity or LatexTokenKind.Symbol or LatexTokenKind.Styled } => Atom(),
            _ => null,
        };
    }

    // Inside brackets a bar opens an absolute value again.
    private MathNode? InBrackets(LatexToken open)
    {
        (int bars, _openBars) = (_openBars, 0);
        MathNode? result = group(open);
        _openBars = bars;
        return result;
    }

    private MathNode? Atom()
    {
        LatexToken token = tokens.Current;
        switch (token.Kind)
        {
            case LatexTokenKind.Number:
                tokens.Advance();
                // The base of a numeral: 204_5.
                return !tokens.Is(LatexTokenKind.Subscript) || SubscriptText() is not null ? MathNodes.Number(token.Text) : null;
            case LatexTokenKind.Percent:
                tokens.Advance();
                return MathNodes.Number(token.Text) is { } number ? new PercentNode(number) : null;
            case LatexTokenKind.Infinity:
                tokens.Advance();
                return new ConstantNode(MathConstant.Infinity);
            case LatexTokenKind.NumberSet:
                tokens.Advance();
                return new NumberSetNode(token.Text[0]);
            case LatexTokenKind.EmptySet:
                tokens.Advance();
                return new FiniteSetNode([]);
            case LatexTokenKind.Letter when !IsName(token):
                tokens.Advance();
                return new ConstantNode(token.Text == "e" ? MathConstant.E : MathConstant.ImaginaryUnit);
            case LatexTokenKind.Letter or LatexTokenKind.Symbol or LatexTokenKind.Styled:
                return Name() is { } name ? Application(name) : null;
            case LatexTokenKind.Open:
                return Open(tokens.Advance());
            case LatexTokenKind.Bar:
                return Bars();
            case LatexTokenKind.BeginMatrix:
                return Matrix();
            default:
                return new FunctionParser(tokens, Sum, () => Term(functions: false), () => Term(functions: true), Exponent, InBrackets, SubscriptNode).Read();
        }
    }

    private MathNode? Open(LatexToken open)
    {
        string? function = open.Text switch
        {
            "lfloor" => "floor",
            "lceil" => "ceil",
            "lvert" => "abs",
            _ => null,
        };
        if (function is null)
            return InBrackets(open);
        (int bars, _openBars) = (_openBars, 0);
        MathNode? argument = Scalar(Sum());
        _openBars = bars;
        return argument is not null && tokens.Skip(LatexTokenKind.Close, "r" + open.Text[1..]) ? new FunctionNode(function, [argument]) : null;
    }

    private FunctionNode? Bars()
    {
        tokens.Advance();
        _openBars++;
        MathNode? argument = Scalar(Sum());
        _openBars--;
        return argument is not null && tokens.Skip(LatexTokenKind.Bar) ? new FunctionNode("abs", [argument]) : null;
    }

    // f(x) and f(x, y) are functions, f(x + 1) is a product.
    private MathNode? Application(MathNode name)
    {
        if (plain || name is not SymbolNode symbol || !(tokens.Is(LatexTokenKind.Open, "(") || tokens.Is(LatexTokenKind.Open, "[")))
            return name;
        LatexToken open = tokens.Current;
        bool single = tokens.Peek(2).Kind == LatexTokenKind.Close && tokens.Following.Kind is LatexTokenKind.Letter or LatexTokenKind.Symbol
            or LatexTokenKind.Styled or LatexTokenKind.Number or LatexTokenKind.Percent or LatexTokenKind.Infinity;
        tokens.Advance();
        return InBrackets(open) switch
        {
            TupleNode tuple when tuple.Elements.All(element => element.IsScalar) => new ApplicationNode(symbol.Name, tuple.Elements),
            IntervalNode interval when interval.LeftOpen == interval.RightOpen => new ApplicationNode(symbol.Name, [interval.Left, interval.Right]),
            { IsScalar: true } argument => single ? new ApplicationNode(symbol.Name, [argument]) : MathNodes.Product(name, argument),
            _ => null,
        };
    }

    private MathNode? Matrix()
    {
        string name = tokens.Advance().Text;
        var rows = new List<IReadOnlyList<MathNode>>();
        while (!tokens.Is(LatexTokenKind.EndMatrix))
        {
            var row = new List<MathNode>();
            do
            {
                if (Scalar(Sum()) is not { } element)
                    return null;
                row.Add(element);
            }
            while (tokens.Skip(LatexTokenKind.NextColumn));
            rows.Add(row);
            if (!tokens.Skip(LatexTokenKind.NextRow) && !tokens.Is(LatexTokenKind.EndMatrix))
                return null;
        }
        tokens.Advance();
        if (rows.Count == 0 || rows.Any(row => row.Count != rows[0].Count || row.Any(element => element is MatrixNode)))
            return null;
        var matrix = new MatrixNode(rows);
        return name == "vmatrix" ? MathNodes.Determinant(matrix) : matrix;
    }

    // What a subscript says, as a part of a name.
    private string? SubscriptText()
    {
        tokens.Advance();
        if (!tokens.Is(LatexTokenKind.Open, "{"))
        {
            if (!IsName(tokens.Current) && !tokens.Is(LatexTokenKind.Number))
                return null;
            string text = tokens.Advance().Text;
            return tokens.Is(LatexTokenKind.Subscript) ? SubscriptText() is { } more ? $"{text}_{more}" : null : text;
        }
        tokens.Advance();
        string inside = "";
        while (!tokens.Is(LatexTokenKind.Close))
        {
            if (tokens.Current.Kind is LatexTokenKind.End or LatexTokenKind.Open or LatexTokenKind.Function)
                return null;
            inside += tokens.Advance().Text;
        }
        return tokens.Skip(LatexTokenKind.Close, "}") && inside.Length > 0 ? inside : null;
    }

    private MathNode? SubscriptNode()
    {
        tokens.Advance();
        return Exponent();
    }
}
