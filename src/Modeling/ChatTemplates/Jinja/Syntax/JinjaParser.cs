namespace MLNetAttn.Modeling;

/// <summary>Parses a template: text, output and statements.</summary>
internal sealed class JinjaParser
{
    private readonly JinjaTokens _tokens;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private JinjaParser(JinjaTokens tokens) => (_tokens, _expressions) = (tokens, new ExpressionParser(tokens));

    /// <exception cref="JinjaException">The template is malformed, or uses what is not known.</exception>
    public static IReadOnlyList<JinjaStatement> Parse(JinjaSource source) =>
        new JinjaParser(new JinjaTokens(JinjaLexer.Tokenize(source))).Statements(null).Body;

    /// <summary>Statements up to one of the named tags, whose name is taken.</summary>
    /// <param name="opening">The tag that they are in, or null.</param>
    /// <param name="ends">The tags that end them; none = the end of the template.</param>
    private (List<JinjaStatement> Body, string End) Statements(JinjaToken? opening, params string[] ends)
    {
        List<JinjaStatement> body = [];
        while (true)
        {
            JinjaToken token = _tokens.Take();
            switch (token.Kind)
            {
                case JinjaTokenKind.Data:
                    body.Add(new TextStatement(token.Text, token.Position));
                    break;
                case JinjaTokenKind.VariableBegin:
                    body.Add(new PrintStatement(_expressions.ParseTuple(), token.Position));
                    _tokens.Expect(JinjaTokenKind.VariableEnd, "'}}'");
                    break;
                case JinjaTokenKind.BlockBegin:
                    if (_tokens.Current.Kind == JinjaTokenKind.Name && ends.Contains(_tokens.Current.Text))
                        return (body, _tokens.Take().Text);
                    body.AddRange(_tokens.Nest(Statement));
                    EndTag();
                    break;
                default:
                    return opening is not { } tag
                        ? (body, "")
                        : throw JinjaException.Invalid(
                            $"the block '{tag.Text}' does not end: expected {string.Join(" or ", ends.Select(end => $"'{end}'"))}",
                            tag.Position);
            }
        }
    }

    private void EndTag() => _tokens.Expect(JinjaTokenKind.BlockEnd, "'%}'");

    /// <summary>The body of a block whose tag ends here.</summary>
    private (List<JinjaStatement> Body, string End) Body(JinjaToken opening, params string[] ends)
    {
        _tokens.SkipOperator(":");
        EndTag();
        return Statements(opening, ends);
    }

    private List<JinjaStatement> ScopedBody(JinjaToken opening, string end)
    {
        int loops = _loops;
        _loops = 0;
        List<JinjaStatement> body = Body(opening, end).Body;
        _loops = loops;
        return body;
    }

    private IReadOnlyList<JinjaStatement> Statement()
    {
        JinjaToken tag = _tokens.Expect(JinjaTokenKind.Name, "the name of a block");
        return tag.Text switch
        {
            "if" => [If(tag)],
            "for" => [For(tag)],
            "set" => [Set(tag)],
            "macro" => [Macro(tag)],
            "call" => [Call(tag)],
            "filter" => [new FilterStatement(_expressions.ParseFilters(startsInline: true), Body(tag, "endfilter").Body, tag.Position)],
            "with" => [With(tag)],
            "generation" => [new GenerationStatement(ScopedBody(tag, "endgeneration"), tag.Position)],
            "print" => Print(tag),
            "break" => [new BreakStatement(RequireLoop(tag))],
            "continue" => [new ContinueStatement(RequireLoop(tag))],
            "autoescape" or "block" or "debug" or "do" or "extends" or "from" or "import" or "include" or "trans" =>
                throw JinjaException.Unknown($"the block '{tag.Text}'", tag.Position),
            _ => throw JinjaException.Invalid($"found the block '{tag.Text}', which does not exist or has no beginning", tag.Position),
        };
    }

    private int RequireLoop(JinjaToken tag) => _loops > 0 ? tag.Position : throw JinjaException.Invalid($"'{tag.Text}' stands outside of a loop", tag.Position);

    private IfStatement If(JinjaToken tag)
    {
        List<(JinjaExpression, IReadOnlyList<JinjaStatement>)> branches = [];
        string end;
        do
        {
            JinjaExpression test = _expressions.ParseTuple(allowsConditional: false);
            (List<JinjaStatement> body, end) = Body(tag, "elif", "else", "endif");
            branches.Add((test, body));
        }
        while (end == "elif");
        return new IfStatement(branches, end == "else" ? Body(tag, "endif").Body : [], tag.Position);
    }

    private ForStatement For(JinjaToken tag)
    {
        AssignmentTarget target = Target(allowsAttribute: false);
        _tokens.ExpectWord("in");
        JinjaExpression iterable = _expressions.ParseTuple(allowsConditional: false);
        JinjaExpression? condition = _tokens.SkipName("if") ? _expressions.Parse() : null;
        bool isRecursive = _tokens.SkipName("recursive");
        _loops++;
        RequireNot(target, "loop");
        (List<JinjaStatement> body, string end) = Body(tag, "endfor", "else");
        _loops--;
        return new ForStatement(target, iterable, condition, isRecursive, body, end == "else" ? Body(tag, "endfor").Body : [], tag.Position);
    }

    private JinjaStatement Set(JinjaToken tag)
    {
        AssignmentTarget target = Target(allowsAttribute: true);
        if (_loops > 0)
            RequireNot(target, "loop");
        if (_tokens.SkipOperator("="))
            return new SetStatement(target, _expressions.ParseTuple(), tag.Position);
        List<FilterCall> filters = _expressions.ParseFilters();
        return new SetBlockStatement(target, filters, Body(tag, "endset").Body, tag.Position);
    }

    private WithStatement With(JinjaToken tag)
    {
        List<(AssignmentTarget, JinjaExpression)> variables = [];
        while (_tokens.Current.Kind != JinjaTokenKind.BlockEnd && !_tokens.Current.IsOperator(":"))
        {
            if (variables.Count > 0)
                _tokens.ExpectOperator(",");
            AssignmentTarget target = Target(allowsAttribute: false, isTuple: false);
            _tokens.ExpectOperator("=");
            variables.Add((target, _expressions.Parse()));
        }
        return new WithStatement(variables, Body(tag, "endwith").Body, tag.Position);
    }

    private List<JinjaStatement> Print(JinjaToken tag)
    {
        List<JinjaStatement> values = [];
        while (_tokens.Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (values.Count > 0)
                _tokens.ExpectOperator(",");
            values.Add(new PrintStatement(_expressions.Parse(), tag.Position));
        }
        return values;
    }

    private MacroStatement Macro(JinjaToken tag)
    {
        string name = _tokens.ExpectName("the name of the macro");
        return new MacroStatement(Definition(tag, name, Parameters(), "endmacro"), tag.Position);
    }

    private CallStatement Call(JinjaToken tag)
    {
        List<(string, JinjaExpression?)> parameters = _tokens.Current.IsOperator("(") ? Parameters() : [];
        JinjaToken start = _tokens.Current;
        return _expressions.Parse() is CallExpression call
            ? new CallStatement(call, Definition(tag, "caller", parameters, "endcall"), tag.Position)
            : throw JinjaException.Invalid("'call' needs the call of a macro", start.Position);
    }

    private MacroDefinition Definition(JinjaToken tag, string name, List<(string, JinjaExpression?)> parameters, string end)
    {
        _expressions.BeginNames();
        List<JinjaStatement> body = ScopedBody(tag, end);
        return new MacroDefinition(name, parameters, body, _expressions.EndNames());
    }

    private List<(string, JinjaExpression?)> Parameters()
    {
        List<(string Name, JinjaExpression? Default)> parameters = [];
        _tokens.ExpectOperator("(");
        while (!_tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
                _tokens.ExpectOperator(",");
            JinjaToken name = _tokens.Expect(JinjaTokenKind.Name, "the name of a parameter");
            JinjaExpression? otherwise = _tokens.SkipOperator("=") ? _expressions.Parse() : null;
            if (parameters.Any(parameter => parameter.Name == name.Text) || (otherwise is null && parameters is [.., (_, not null)]))
                throw JinjaException.Invalid($"the parameter '{name.Text}' exists already, or lacks a default after one that has it", name.Position);
            parameters.Add((name.Text, otherwise));
        }
        _tokens.ExpectOperator(")");
        return parameters;
    }

    /// <summary>What is assigned to: a name, an attribute of a namespace, or several with commas between.</summary>
    private AssignmentTarget Target(bool allowsAttribute, bool isTuple = true)
    {
        JinjaToken start = _tokens.Current;
        List<AssignmentTarget> targets = [SingleTarget(allowsAttribute)];
        bool hasComma = false;
        while (isTuple && _tokens.SkipOperator(","))
        {
            hasComma = true;
            if (_tokens.Current.IsOperator(")"))
                break;
            targets.Add(SingleTarget(allowsAttribute));
        }
        return hasComma ? new TupleTarget(targets, start.Position) : targets[0];
    }

    private AssignmentTarget SingleTarget(bool allowsAttribute)
    {
        if (_tokens.SkipOperator("("))
        {
            AssignmentTarget nested = _tokens.Nest(() => Target(allowsAttribute: false));
            _tokens.ExpectOperator(")");
            return nested;
        }
        JinjaToken name = _tokens.Expect(JinjaTokenKind.Name, "the name of a variable");
        if (name.Text is "true" or "True" or "false" or "False" or "none" or "None")
            throw JinjaException.Invalid($"'{name.Text}' cannot be assigned to", name.Position);
        return allowsAttribute && _tokens.SkipOperator(".")
            ? new AttributeTarget(name.Text, _tokens.ExpectName("the name of an attribute"), name.Position)
            : new NameTarget(name.Text, name.Position);
    }

    private static void RequireNot(AssignmentTarget target, string name)
    {
        if (target is NameTarget { Name: var found } && found == name)
            throw JinjaException.Invalid($"'{name}' cannot be assigned to inside of a loop", target.Position);
        if (target is TupleTarget tuple)
            foreach (AssignmentTarget part in tuple.Targets)
                RequireNot(part, name);
    }
}
