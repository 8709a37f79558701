namespace MLNetAttn.Pipelines;

/// <summary>Reads a formula: lists, sets, tuples, intervals, relations, and the expressions they are made of.</summary>
/// <remarks>By recursive descent: once as an assignment, else once as a list, and neither goes back, so that the time is linear in the length; bounded in
/// length and depth. Every method gives null for what is no formula.</remarks>
internal sealed class LatexParser
{
    /// <summary>Longer formulas are not read.</summary>
    public const int MaximumLength = 4096;

    private const int LowestPrecedence = 0;
    private const int HighestPrecedence = 2;

    private readonly LatexTokens _tokens;
    private readonly ExpressionParser _expressions;

    private LatexParser(LatexTokens tokens, bool plain)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens, Group, plain);
    }

    /// <summary>The object that a formula describes; null if it is not understood.</summary>
    /// <param name="text">The formula, normalized.</param>
    /// <param name="plain">Whether it is arithmetic in plain text, where nothing may be left out: (2)(3) and 2 3 have no meaning there.</param>
    public static MathNode? Parse(string text, bool plain = false)
    {
        if (text.Length > MaximumLength || LatexLexer.Read(text) is not { } tokens)
            return null;
        var stream = new LatexTokens(tokens);
        // x = 1, 2 names a set, where x = 1, y = 2 is a set of equations.
        MathNode? named = new LatexParser(stream, plain).Assignment();
        if (named is not null && stream.Is(LatexTokenKind.End))
            return named;
        stream.Restart();
        MathNode? elements = new LatexParser(stream, plain).List(LatexTokenKind.End);
        return stream.Is(LatexTokenKind.End) ? elements : null;
    }

    // Names (= | \in) elements, none of them a relation.
    private RelationNode? Assignment()
    {
        if (Names() is not { } names || !(_tokens.Is(LatexTokenKind.ElementOf) || _tokens.Is(LatexTokenKind.Relation, "=")))
            return null;
        _tokens.Advance();
        List<List<MathNode>>? groups = Groups(LatexTokenKind.End, relations: false);
        return groups is null ? null : new RelationNode(RelationKind.Equal, names, Collect(groups));
    }

    private MathNode? Names()
    {
        if (!_tokens.Is(LatexTokenKind.Open, "("))
            return _expressions.Name();
        _tokens.Advance();
        var names = new List<MathNode>();
        do
        {
            if (_expressions.Name() is not { } name)
                return null;
            names.Add(name);
        }
        while (_tokens.Skip(LatexTokenKind.Comma));
        return !_tokens.Skip(LatexTokenKind.Close, ")") ? null : names.Count == 1 ? names[0] : new TupleNode(names);
    }

    private MathNode? List(LatexTokenKind end) => Groups(end, relations: true) is { } groups ? Collect(groups) : null;

    // A bare list is a set; one with semicolons may be a set of tuples.
    private static MathNode Collect(List<List<MathNode>> groups)
    {
        if (groups.Count == 1)
            return groups[0].Count == 1 ? groups[0][0] : new FiniteSetNode(groups[0]);
        return groups.All(group => group.Count == 1)
            ? new FiniteSetNode(groups.Select(group => group[0]))
            : new FiniteSetNode(groups.Select(group => new TupleNode(group)));
    }

    // Elements between commas, grouped by semicolons.
    private List<List<MathNode>>? Groups(LatexTokenKind end, bool relations)
    {
        var groups = new List<List<MathNode>> { new() };
        while (true)
        {
            if (Element(relations) is not { } elements)
                return null;
            groups[^1].AddRange(elements);
            if (_tokens.Is(end))
                return groups;
            if (_tokens.Skip(LatexTokenKind.Semicolon))
                groups.Add([]);
            else if (!_tokens.Skip(LatexTokenKind.Comma))
                return null;
        }
    }

    // a ± b are two elements.
    private List<MathNode>? Element(bool relations)
    {
        if (_tokens.Skip(LatexTokenKind.PlusMinus))
            return _expressions.Sum() is { } both && MathNodes.Negate(both) is { } negative ? [negative, both] : null;
        if (Sets(LowestPrecedence) is not { } first)
            return null;
        if (first.IsScalar && _tokens.Skip(LatexTokenKind.PlusMinus))
        {
            return _expressions.Sum() is { } offset && MathNodes.Sum([first, offset]) is { } plus && MathNodes.Negate(offset) is { } minus
                && MathNodes.Sum([first, minus]) is { } difference ? [plus, difference] : null;
        }
        return !relations ? [first] : Relations(first) is { } whole ? [whole] : null;
    }

    private MathNode? Relations(MathNode first)
    {
        var relations = new List<RelationNode>();
        MathNode left = first;
        while (_tokens.Is(LatexTokenKind.Relation) || _tokens.Is(LatexTokenKind.Approximately))
        {
            LatexToken sign = _tokens.Advance();
            if (Sets(LowestPrecedence) is not { } right)
                return null;
            // Of x ≈ 3 the number counts, of √2 ≈ 1.4 the exact side.
            if (sign.Kind == LatexTokenKind.Approximately)
            {
                left = Symbols.IsMadeOf(left) ? right : left;
                first = left;
                continue;
            }
            relations.Add(new RelationNode(KindOf(sign.Text), left, right));
            left = right;
        }
        return relations.Count switch
        {
            0 => first,
            1 => relations[0],
            _ => new ChainNode(relations),
        };
    }

    private static RelationKind KindOf(string sign) => sign switch
    {
        "=" => RelationKind.Equal,
        "<" => RelationKind.Less,
        "<=" => RelationKind.LessOrEqual,
        ">" => RelationKind.Greater,
        ">=" => RelationKind.GreaterOrEqual,
        _ => RelationKind.NotEqual,
    };

    // difference < union < intersection
    private MathNode? Sets(int precedence)
    {
        if (precedence > HighestPrecedence)
            return _expressions.Sum();
        MathNode? left = Sets(precedence + 1);
        (string sign, SetOperation operation) = precedence switch
        {
            0 => ("setminus", SetOperation.Difference),
            1 => ("cup", SetOperation.Union),
            _ => ("cap", SetOperation.Intersection),
        };
        while (left is not null && _tokens.Skip(LatexTokenKind.SetOperation, sign))
            left = Sets(precedence + 1) is { } right ? new SetOperationNode(operation, AsSet(left), AsSet(right)) : null;
        return left;
    }

    private static MathNode AsSet(MathNode node) => node is TupleNode tuple ? new FiniteSetNode(tuple.Elements) : node;

    /// <summary>What is in brackets: an expression, an interval, a tuple or a set. The bracket was read.</summary>
    private MathNode? Group(LatexToken open)
    {
        if (_tokens.Is(LatexTokenKind.Close))
            return open.Text is "{" or "\\{" && Matches(open.Text, _tokens.Advance().Text) ? new FiniteSetNode([]) : null;
        if (Groups(LatexTokenKind.Close, relations: true) is not { } groups)
            return null;
        string close = _tokens.Advance().Text;
        List<MathNode> elements = [.. groups.SelectMany(group => group)];
        bool matches = Matches(open.Text, close);
        if (matches && elements.Count == 1)
            return open.Text == "\\{" ? new FiniteSetNode(elements) : elements[0];
        if (open.Text is "{" or "\\{" && matches)
            return new FiniteSetNode(elements);
        if (open.Text is not ("(" or "[") || close is not (")" or "]"))
            return null;
        if (groups.Count == 1 && elements.Count == 2 && elements.All(element => element.IsScalar))
            return Interval(elements[0], elements[1], open.Text == "(", close == ")");
        return matches ? new TupleNode(elements) : null;
    }

    private static bool Matches(string open, string close) => (open, close) is ("(", ")") or ("[", "]") or ("{", "}") or ("\\{", "\\}") or ("lbrace", "rbrace");

    // (5, 2) is no interval, since 2 is not above 5: it is a pair.
    private static MathNode Interval(MathNode left, MathNode right, bool leftOpen, bool rightOpen)
    {
        bool ordered = NumericEvaluation.Constant(left) is not { } low || NumericEvaluation.Constant(right) is not { } high
            || (leftOpen && rightOpen ? low.Real < high.Real : leftOpen || rightOpen || low.Real <= high.Real);
        return ordered ? new IntervalNode(left, right, leftOpen, rightOpen) : new TupleNode([left, right]);
    }
}
