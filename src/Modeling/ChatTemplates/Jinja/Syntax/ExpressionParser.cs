using System.Globalization;

namespace MLNetAttn.Modeling;

/// <summary>Parses expressions, with Jinja's precedence: it differs from Python's in that signs and filters bind tighter than <c>**</c>.</summary>
internal sealed class ExpressionParser(JinjaTokens tokens)
{
    private readonly Stack<HashSet<string>> _names = [];

    /// <summary>Collects the names that are read from here on, for the macro that is being parsed.</summary>
    public void BeginNames() => _names.Push([]);

    /// <summary>The names that were read since <see cref="BeginNames"/>.</summary>
    public HashSet<string> EndNames()
    {
        HashSet<string> names = _names.Pop();
        if (_names.TryPeek(out HashSet<string>? outer))
            outer.UnionWith(names);
        return names;
    }

    public JinjaExpression Parse() => tokens.Nest(Conditional);

    /// <summary>Several expressions with commas between are a tuple.</summary>
    /// <param name="allowsConditional">Whether <c>a if b else c</c> may stand here.</param>
    public JinjaExpression ParseTuple(bool allowsConditional = true)
    {
        JinjaToken start = tokens.Current;
        List<JinjaExpression> items = [];
        bool isTuple = false;
        while (!IsTupleEnd)
        {
            items.Add(allowsConditional ? Parse() : tokens.Nest(Or));
            if (!tokens.SkipOperator(","))
                break;
            isTuple = true;
        }
        return isTuple ? new TupleExpression(items, start.Position) : items is [var single] ? single : throw tokens.Unexpected("an expression");
    }

    public CallExpression ParseCall(JinjaExpression callee)
    {
        int position = tokens.Current.Position;
        return new CallExpression(callee, Arguments(), position);
    }

    /// <summary>Filters, each after a <c>|</c>.</summary>
    /// <param name="startsInline">Whether the first has no <c>|</c> before it.</param>
    public List<FilterCall> ParseFilters(bool startsInline = false)
    {
        List<FilterCall> filters = [];
        while (startsInline || tokens.SkipOperator("|"))
        {
            filters.Add(Filter());
            startsInline = false;
        }
        return filters;
    }

    private bool IsTupleEnd => tokens.Current.Kind is JinjaTokenKind.VariableEnd or JinjaTokenKind.BlockEnd || tokens.Current.IsOperator(")");

    private JinjaExpression Conditional()
    {
        JinjaExpression expression = Or();
        while (tokens.Current.IsName("if"))
        {
            int position = tokens.Take().Position;
            JinjaExpression test = Or();
            JinjaExpression? otherwise = tokens.SkipName("else") ? Parse() : null;
            expression = new ConditionalExpression(test, expression, otherwise, position);
        }
        return expression;
    }

    private JinjaExpression Or()
    {
        JinjaExpression left = And();
        while (tokens.Current.IsName("or"))
            left = new LogicalExpression(left, Position: tokens.Take().Position, Right: And(), IsOr: true);
        return left;
    }

    private JinjaExpression And()
    {
        JinjaExpression left = Not();
        while (tokens.Current.IsName("and"))
            left = new LogicalExpression(left, Position: tokens.Take().Position, Right: Not(), IsOr: false);
        return left;
    }

    private JinjaExpression Not()
    {
        if (!tokens.Current.IsName("not"))
            return Comparison();
        int position = tokens.Take().Position;
        return new NotExpression(tokens.Nest(Not), position);
    }

    private JinjaExpression Comparison()
    {
        int position = tokens.Current.Position;
        JinjaExpression first = Sum();
        List<(ComparisonOperator, JinjaExpression)> rest = [];
        while (ComparisonHere() is { } operation)
        {
            if (rest.Count == 0)
                position = tokens.Current.Position;
            if (operation == ComparisonOperator.NotIn)
                tokens.Take();
            tokens.Take();
            rest.Add((operation, Sum()));
        }
        return rest.Count == 0 ? first : new ComparisonExpression(first, rest, position);
    }

    private ComparisonOperator? ComparisonHere() => tokens.Current switch
    {
        { Kind: JinjaTokenKind.Operator } token => token.Text switch
        {
            "==" => ComparisonOperator.Equal,
            "!=" => ComparisonOperator.NotEqual,
            "<" => ComparisonOperator.Less,
            "<=" => ComparisonOperator.LessOrEqual,
            ">" => ComparisonOperator.Greater,
            ">=" => ComparisonOperator.GreaterOrEqual,
            _ => null,
        },
        var token when token.IsName("in") => ComparisonOperator.In,
        var token when token.IsName("not") && tokens.Following.IsName("in") => ComparisonOperator.NotIn,
        _ => null,
    };

    private JinjaExpression Sum() => Binary(Concatenation, symbol => symbol switch
    {
        "+" => BinaryOperator.Add,
        "-" => BinaryOperator.Subtract,
        _ => null,
    });

    private JinjaExpression Concatenation()
    {
        JinjaExpression first = Product();
        if (!tokens.Current.IsOperator("~"))
            return first;
        int position = tokens.Current.Position;
        List<JinjaExpression> parts = [first];
        while (tokens.SkipOperator("~"))
            parts.Add(Product());
        return new ConcatExpression(parts, position);
    }

    private JinjaExpression Product() => Binary(Power, symbol => symbol switch
    {
        "*" => BinaryOperator.Multiply,
        "/" => BinaryOperator.Divide,
        "//" => BinaryOperator.FloorDivide,
        "%" => BinaryOperator.Modulo,
        _ => null,
    });

    private JinjaExpression Power() => Binary(() => Unary(allowsFilters: true), symbol => symbol == "**" ? BinaryOperator.Power : null);

    private JinjaExpression Binary(Func<JinjaExpression> operand, Func<string, BinaryOperator?> operatorOf)
    {
        JinjaExpression left = operand();
        while (tokens.Current.Kind == JinjaTokenKind.Operator && operatorOf(tokens.Current.Text) is { } operation)
            left = new BinaryExpression(operation, left, Position: tokens.Take().Position, Right: operand());
        return left;
    }

    private JinjaExpression Unary(bool allowsFilters)
    {
        JinjaExpression expression = Primary();
        while (true)
        {
            JinjaToken token = tokens.Current;
            if (token.IsOperator(".") || token.IsOperator("["))
                expression = Access(expression);
            else if (token.IsOperator("("))
                expression = ParseCall(expression);
            else
                break;
        }
        return allowsFilters ? Filtered(expression) : expression;
    }

    private JinjaExpression Primary()
    {
        JinjaToken token = tokens.Current;
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return Name();
            case JinjaTokenKind.String:
                List<string> texts = [];
                while (tokens.Current.Kind == JinjaTokenKind.String)
                    texts.Add(tokens.Take().Text);
                return new LiteralExpression(new JinjaText(string.Concat(texts)), token.Position);
            case JinjaTokenKind.Integer:
                return new LiteralExpression(Integer(tokens.Take()), token.Position);
            case JinjaTokenKind.Float:
                string digits = tokens.Take().Text.Replace("_", "", StringComparison.Ordinal);
                return new LiteralExpression(new JinjaFloat(double.Parse(digits, CultureInfo.InvariantCulture)), token.Position);
            case JinjaTokenKind.Operator when token.Text is "-" or "+":
                tokens.Take();
                return new SignExpression(tokens.Nest(() => Unary(allowsFilters: false)), token.Text == "-", token.Position);
            case JinjaTokenKind.Operator when token.Text == "(":
                return Parenthesized();
            case JinjaTokenKind.Operator when token.Text == "[":
                return new ListExpression(Items("[", "]", Parse), token.Position);
            case JinjaTokenKind.Operator when token.Text == "{":
                return new DictionaryExpression(Items("{", "}", Entry), token.Position);
            default:
                throw tokens.Unexpected("an expression");
        }
    }

    private JinjaExpression Name()
    {
        JinjaToken token = tokens.Take();
        JinjaValue? constant = token.Text switch
        {
            "true" or "True" => JinjaBoolean.True,
            "false" or "False" => JinjaBoolean.False,
            "none" or "None" => JinjaNone.Instance,
            _ => null,
        };
        if (constant is not null)
            return new LiteralExpression(constant, token.Position);
        if (_names.TryPeek(out HashSet<string>? names))
            names.Add(token.Text);
        return new NameExpression(token.Text, token.Position);
    }

    private static JinjaInteger Integer(JinjaToken token) =>
        PythonFloat.ParseInteger(token.Text, 0) is { } value ? JinjaInteger.Of(value)
            : throw JinjaException.Invalid($"an integer has more than {JinjaInteger.MaximumDigits} digits", token.Position);

    private JinjaExpression Parenthesized()
    {
        int position = tokens.ExpectOperator("(");
        JinjaExpression expression = tokens.Current.IsOperator(")") ? new TupleExpression([], position) : ParseTuple();
        tokens.ExpectOperator(")");
        return expression;
    }

    private List<T> Items<T>(string open, string close, Func<T> parse)
    {
        tokens.ExpectOperator(open);
        List<T> items = [];
        while (!tokens.Current.IsOperator(close))
        {
            items.Add(parse());
            if (!tokens.Current.IsOperator(close))
                tokens.ExpectOperator(",");
        }
        tokens.ExpectOperator(close);
        return items;
    }

    private (JinjaExpression Key, JinjaExpression Value) Entry()
    {
        JinjaExpression key = Parse();
        tokens.ExpectOperator(":");
        return (key, Parse());
    }

    private JinjaExpression Access(JinjaExpression target)
    {
        if (tokens.SkipOperator("."))
        {
            JinjaToken name = tokens.Take();
            return name.Kind switch
            {
                JinjaTokenKind.Name => new AttributeExpression(target, name.Text, name.Position),
                JinjaTokenKind.Integer => new ItemExpression(target, new LiteralExpression(Integer(name), name.Position), name.Position),
                _ => throw JinjaException.Invalid($"found {name}, expected a name or number after '.'", name.Position),
            };
        }
        int position = tokens.Current.Position;
        List<JinjaExpression> keys = Items("[", "]", Key);
        return new ItemExpression(target, keys is [var key] ? key : new TupleExpression(keys, position), position);
    }

    private JinjaExpression Key()
    {
        JinjaToken start = tokens.Current;
        JinjaExpression? first = start.IsOperator(":") ? null : Parse();
        if (!tokens.SkipOperator(":"))
            return first!;
        JinjaExpression? stop = IsSliceEnd(allowsColon: true) ? null : Parse();
        JinjaExpression? step = tokens.SkipOperator(":") && !IsSliceEnd(allowsColon: false) ? Parse() : null;
        return new SliceExpression(first, stop, step, start.Position);
    }

    private bool IsSliceEnd(bool allowsColon) =>
        tokens.Current.IsOperator("]") || tokens.Current.IsOperator(",") || (allowsColon && tokens.Current.IsOperator(":"));

    private ArgumentList Arguments()
    {
        int position = tokens.Current.Position;
        List<JinjaExpression> positional = [];
        List<KeyValuePair<string, JinjaExpression>> named = [];
        JinjaExpression? rest = null, namedRest = null;
        Items("(", ")", () =>
        {
            if (tokens.SkipOperator("*"))
                rest = rest is null && namedRest is null ? Parse() : throw Misplaced(position);
            else if (tokens.SkipOperator("**"))
                namedRest = namedRest is null ? Parse() : throw Misplaced(position);
            else if (tokens.Current.Kind == JinjaTokenKind.Name && tokens.Following.IsOperator("="))
            {
                string name = tokens.Take().Text;
                tokens.Take();
                if (namedRest is not null || named.Any(argument => argument.Key == name))
                    throw Misplaced(position);
                named.Add(new(name, Parse()));
            }
            else
                positional.Add(rest is null && namedRest is null && named.Count == 0 ? Parse() : throw Misplaced(position));
            return true;
        });
        return positional.Count + named.Count == 0 && rest is null && namedRest is null ? ArgumentList.Empty
            : new ArgumentList(positional, named, rest, namedRest);
    }

    private static JinjaException Misplaced(int position) => JinjaException.Invalid("the arguments of a call are out of order, or given twice", position);

    private JinjaExpression Filtered(JinjaExpression expression)
    {
        while (true)
        {
            if (tokens.SkipOperator("|"))
            {
                FilterCall filter = Filter();
                expression = new FilterExpression(expression, filter, filter.Position);
            }
            else if (tokens.Current.IsName("is"))
                expression = Test(expression);
            else if (tokens.Current.IsOperator("("))
                expression = ParseCall(expression);
            else
                return expression;
        }
    }

    private FilterCall Filter()
    {
        int position = tokens.Current.Position;
        string name = DottedName();
        JinjaFunction filter = JinjaFilters.Find(name) ?? throw JinjaException.Unknown($"the filter '{name}'", position);
        return new FilterCall(filter, tokens.Current.IsOperator("(") ? Arguments() : ArgumentList.Empty, position);
    }

    private JinjaExpression Test(JinjaExpression target)
    {
        int position = tokens.Take().Position;
        bool negated = tokens.SkipName("not");
        int namePosition = tokens.Current.Position;
        string name = DottedName();
        JinjaFunction test = JinjaTests.Find(name) ?? throw JinjaException.Unknown($"the test '{name}'", namePosition);
        JinjaExpression tested = new TestExpression(target, test, TestArguments(), namePosition);
        return negated ? new NotExpression(tested, position) : tested;
    }

    private ArgumentList TestArguments()
    {
        JinjaToken token = tokens.Current;
        if (token.IsOperator("("))
            return Arguments();
        bool isArgument = token.Kind switch
        {
            JinjaTokenKind.Name => token.Text is not ("else" or "or" or "and"),
            JinjaTokenKind.Operator => token.Text is "[" or "{",
            _ => token.Kind is JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float,
        };
        if (!isArgument)
            return ArgumentList.Empty;
        return token.IsName("is")
            ? throw JinjaException.Invalid("tests with 'is' cannot be chained", token.Position)
            : new ArgumentList([tokens.Nest(() => Unary(allowsFilters: false))], [], null, null);
    }

    private string DottedName()
    {
        List<string> names = [tokens.ExpectName()];
        while (tokens.SkipOperator("."))
            names.Add(tokens.ExpectName());
        return string.Join('.', names);
    }
}
