namespace MLNetAttn.Pipelines;

/// <summary>Reads expressions: sums, products, powers, functions, matrices. The numbers that a formula leaves out between two factors are products, and 3 1/2
/// is a sum.</summary>
internal sealed class ExpressionParser
{
    private const int MaximumDepth = 150;

    private readonly LatexTokens _tokens;
    private readonly Func<LatexToken, MathNode?> _group;
    private readonly bool _plain;
    private readonly FunctionParser _functions;

    private int _depth;
    private int _openBars;

    /// <param name="tokens">The formula.</param>
    /// <param name="group">Reads the rest of what is in brackets.</param>
    /// <param name="plain">Whether it is arithmetic in plain text: nothing may be left out, and an exponent may have a sign or parentheses.</param>
    public ExpressionParser(LatexTokens tokens, Func<LatexToken, MathNode?> group, bool plain)
    {
        (_tokens, _group, _plain) = (tokens, group, plain);
        _functions = new FunctionParser(tokens, this);
    }

    /// <summary>A sum. A set or tuple is taken too if it stands alone.</summary>
    public MathNode? Sum()
    {
        if (Term() is not { } first)
            return null;
        var terms = new List<MathNode> { first };
        while (first.IsScalar && (_tokens.Is(LatexTokenKind.Plus) || _tokens.Is(LatexTokenKind.Minus)))
        {
            bool subtract = _tokens.Advance().Kind == LatexTokenKind.Minus;
            if (Scalar(Term()) is not { } term || (subtract ? MathNodes.Negate(term) : term) is not { } signed)
                return null;
            terms.Add(signed);
        }
        MathNode? sum = MathNodes.Sum(terms);
        return sum is { IsScalar: true } top && _tokens.Skip(LatexTokenKind.Choose)
            ? Scalar(Sum()) is { } bottom ? new FunctionNode("binomial", [top, bottom]) : null
            : sum;
    }

    /// <summary>A variable with its subscript; null if there is none here.</summary>
    public MathNode? Name()
    {
        if (!IsName(_tokens.Current))
            return null;
        string name = _tokens.Advance().Text;
        if (!_tokens.Is(LatexTokenKind.Subscript))
            return Symbols.Create(name);
        return SubscriptText() is { } subscript ? new SymbolNode($"{name}_{subscript}".ToLowerInvariant()) : null;
    }

    // e is a number, E a variable.
    private static bool IsName(LatexToken token) =>
        token.Kind is LatexTokenKind.Symbol or LatexTokenKind.Styled
        || (token.Kind == LatexTokenKind.Letter && token.Text is not ("e" or "I"));

    private static MathNode? Scalar(MathNode? node) => node is { IsScalar: true } ? node : null;

    /// <summary>A product.</summary>
    /// <param name="functions">Whether a function may follow a factor. It may not in what a function without parentheses applies to: sin x cos x is a
    /// product.</param>
    public MathNode? Term(bool functions = true)
    {
        MathNode? left = Unary(functions);
        while (left is { IsScalar: true } && _tokens.Current.Kind is LatexTokenKind.Times or LatexTokenKind.Divide or LatexTokenKind.Modulo)
        {
            LatexTokenKind operation = _tokens.Advance().Kind;
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
        MathNode? result = _tokens.Skip(LatexTokenKind.Plus) ? Scalar(Unary(functions))
            : _tokens.Skip(LatexTokenKind.Minus) ? Scalar(Unary(functions)) is { } operand ? MathNodes.Negate(operand) : null
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
        while (!_plain && BeginsFactor(functions));
        MathNode? product = factors[^1];
        for (int index = factors.Count - 2; index >= 0 && product is not null; index--)
            product = MathNodes.Juxtapose(factors[index], product);
        return product;
    }

    private bool BeginsFactor(bool functions) => _tokens.Current.Kind switch
    {
        LatexTokenKind.Number or LatexTokenKind.Percent or LatexTokenKind.Symbol or LatexTokenKind.Styled or LatexTokenKind.Infinity
            or LatexTokenKind.Fraction or LatexTokenKind.Binomial or LatexTokenKind.Open or LatexTokenKind.BeginMatrix => true,
        LatexTokenKind.Letter => functions || _tokens.Current.Text != "e",
        LatexTokenKind.Function or LatexTokenKind.Operator or LatexTokenKind.Root or LatexTokenKind.Series => functions,
        LatexTokenKind.Bar => _openBars == 0,
        _ => false,
    };

    private MathNode? Postfix()
    {
        MathNode? result = Power();
        while (result is not null)
        {
            if (_tokens.Skip(LatexTokenKind.Factorial))
                result = result is MatrixNode or { IsScalar: false } ? null : new FunctionNode("factorial", [result]);
            else if (_tokens.Is(LatexTokenKind.Power) && SkipDegree())
                continue;
            else
                break;
        }
        return result;
    }

    private MathNode? Power()
    {
        MathNode? result = Atom();
        while (result is not null && _tokens.Is(LatexTokenKind.Power) && !FollowedByDegree())
        {
            _tokens.Advance();
            if (result is MatrixNode matrix && _tokens.Skip(LatexTokenKind.Letter, "T"))
                result = MathNodes.Transpose(matrix);
            else
                result = Scalar(result) is { } power && Exponent() is { } exponent ? MathNodes.Power(power, exponent) : null;
        }
        return result;
    }

    // 12^\circ or 12^{\circ}: degrees are dropped.
    private bool FollowedByDegree() =>
        _tokens.Following.Kind == LatexTokenKind.Degree
        || (_tokens.Following is { Kind: LatexTokenKind.Open, Text: "{" } && _tokens.Peek(2).Kind == LatexTokenKind.Degree);

    private bool SkipDegree()
    {
        if (!FollowedByDegree())
            return false;
        _tokens.Advance();
        bool braces = _tokens.Skip(LatexTokenKind.Open, "{");
        return _tokens.Skip(LatexTokenKind.Degree) && (!braces || _tokens.Skip(LatexTokenKind.Close, "}"));
    }

    /// <summary>What follows a ^: one token, or what is in braces.</summary>
    public MathNode? Exponent()
    {
        if (_tokens.Is(LatexTokenKind.Open) && (_plain || _tokens.Current.Text == "{"))
            return Scalar(InBrackets(_tokens.Advance()));
        if (_plain && _tokens.Skip(LatexTokenKind.Minus))
            return Exponent() is { } exponent ? MathNodes.Negate(exponent) : null;
        return _tokens.Current switch
        {
            { Kind: LatexTokenKind.Letter, Text: "e" } => null,
            {
                Kind: LatexTokenKind.Number or LatexTokenKind.Percent or LatexTokenKind.Letter
                    or LatexTokenKind.Infinity or LatexTokenKind.Symbol or LatexTokenKind.Styled
            } => Atom(),
            _ => null,
        };
    }

    /// <summary>The rest of what is in brackets. A bar opens an absolute value there again.</summary>
    public MathNode? InBrackets(LatexToken open)
    {
        (int bars, _openBars) = (_openBars, 0);
        MathNode? result = _group(open);
        _openBars = bars;
        return result;
    }

    private MathNode? Atom()
    {
        LatexToken token = _tokens.Current;
        switch (token.Kind)
        {
            case LatexTokenKind.Number:
                _tokens.Advance();
                // The base of a numeral: 204_5.
                return !_tokens.Is(LatexTokenKind.Subscript) || SubscriptText() is not null ? MathNodes.Number(token.Text) : null;
            case LatexTokenKind.Percent:
                _tokens.Advance();
                return MathNodes.Number(token.Text) is { } number ? new PercentNode(number) : null;
            case LatexTokenKind.Infinity:
                _tokens.Advance();
                return new ConstantNode(MathConstant.Infinity);
            case LatexTokenKind.NumberSet:
                _tokens.Advance();
                return new NumberSetNode(token.Text[0]);
            case LatexTokenKind.EmptySet:
                _tokens.Advance();
                return new FiniteSetNode([]);
            case LatexTokenKind.Letter when !IsName(token):
                _tokens.Advance();
                return new ConstantNode(token.Text == "e" ? MathConstant.E : MathConstant.ImaginaryUnit);
            case LatexTokenKind.Letter or LatexTokenKind.Symbol or LatexTokenKind.Styled:
                return Name() is { } name ? Application(name) : null;
            case LatexTokenKind.Open:
                return Open(_tokens.Advance());
            case LatexTokenKind.Bar:
                return Bars();
            case LatexTokenKind.BeginMatrix:
                return Matrix();
            default:
                return _functions.Read();
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
        return argument is not null && _tokens.Skip(LatexTokenKind.Close, "r" + open.Text[1..]) ? new FunctionNode(function, [argument]) : null;
    }

    private FunctionNode? Bars()
    {
        _tokens.Advance();
        _openBars++;
        MathNode? argument = Scalar(Sum());
        _openBars--;
        return argument is not null && _tokens.Skip(LatexTokenKind.Bar) ? new FunctionNode("abs", [argument]) : null;
    }

    // f(x) and f(x, y) are functions, f(x + 1) is a product.
    private MathNode? Application(MathNode name)
    {
        if (_plain || name is not SymbolNode symbol || !(_tokens.Is(LatexTokenKind.Open, "(") || _tokens.Is(LatexTokenKind.Open, "[")))
            return name;
        LatexToken open = _tokens.Current;
        bool single = _tokens.Peek(2).Kind == LatexTokenKind.Close && _tokens.Following.Kind is LatexTokenKind.Letter or LatexTokenKind.Symbol
            or LatexTokenKind.Styled or LatexTokenKind.Number or LatexTokenKind.Percent or LatexTokenKind.Infinity;
        _tokens.Advance();
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
        string name = _tokens.Advance().Text;
        var rows = new List<IReadOnlyList<MathNode>>();
        while (!_tokens.Is(LatexTokenKind.EndMatrix))
        {
            var row = new List<MathNode>();
            do
            {
                if (Scalar(Sum()) is not { } element)
                    return null;
                row.Add(element);
            }
            while (_tokens.Skip(LatexTokenKind.NextColumn));
            rows.Add(row);
            if (!_tokens.Skip(LatexTokenKind.NextRow) && !_tokens.Is(LatexTokenKind.EndMatrix))
                return null;
        }
        _tokens.Advance();
        if (rows.Count == 0 || rows.Any(row => row.Count != rows[0].Count || row.Any(element => element is MatrixNode)))
            return null;
        var matrix = new MatrixNode(rows);
        return name == "vmatrix" ? MathNodes.Determinant(matrix) : matrix;
    }

    // What a subscript says, as a part of a name.
    private string? SubscriptText()
    {
        _tokens.Advance();
        if (!_tokens.Is(LatexTokenKind.Open, "{"))
        {
            if (!IsName(_tokens.Current) && !_tokens.Is(LatexTokenKind.Number))
                return null;
            string text = _tokens.Advance().Text;
            return _tokens.Is(LatexTokenKind.Subscript) ? SubscriptText() is { } more ? $"{text}_{more}" : null : text;
        }
        _tokens.Advance();
        string inside = "";
        while (!_tokens.Is(LatexTokenKind.Close))
        {
            if (_tokens.Current.Kind is LatexTokenKind.End or LatexTokenKind.Open or LatexTokenKind.Function)
                return null;
            inside += _tokens.Advance().Text;
        }
        return _tokens.Skip(LatexTokenKind.Close, "}") && inside.Length > 0 ? inside : null;
    }

    /// <summary>A _ and what follows it, as a value: the base of a logarithm.</summary>
    public MathNode? Subscript()
    {
        _tokens.Advance();
        return Exponent();
    }
}
