namespace MLNetAttn.Modeling;

/// <summary>How a block ended.</summary>
internal enum JinjaFlow
{
    /// <summary>At its end.</summary>
    Next,
    Break,
    Continue,
}

/// <summary>Runs statements.</summary>
internal sealed class StatementRunner
{
    private readonly JinjaState _state;
    private readonly ExpressionEvaluator _expressions;

    public StatementRunner(JinjaState state) => (_state, _expressions) = (state, new ExpressionEvaluator(state));

    public JinjaValue Evaluate(JinjaExpression expression, JinjaScope scope) => _expressions.Evaluate(expression, scope);

    /// <summary>The text that statements write.</summary>
    public JinjaText Capture(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        JinjaWriter output = new(_state);
        Run(body, scope, output);
        return new JinjaText(output.ToString());
    }

    /// <exception cref="JinjaException">An operation fails, or the run has used what it may.</exception>
    public JinjaFlow Run(IReadOnlyList<JinjaStatement> body, JinjaScope scope, JinjaWriter output)
    {
        foreach (JinjaStatement statement in body)
        {
            _state.Enter(statement.Position);
            JinjaFlow flow = Run(statement, scope, output);
            _state.Leave();
            if (flow != JinjaFlow.Next)
                return flow;
        }
        return JinjaFlow.Next;
    }

    private JinjaFlow Run(JinjaStatement statement, JinjaScope scope, JinjaWriter output)
    {
        switch (statement)
        {
            case TextStatement text:
                output.Append(text.Text);
                return JinjaFlow.Next;
            case PrintStatement print:
                Evaluate(print.Value, scope).WriteText(output);
                return JinjaFlow.Next;
            case IfStatement condition:
                return Run(Choose(condition, scope), scope, output);
            case ForStatement loop:
                return Loop(loop, Evaluate(loop.Iterable, scope), scope, depth: 0, output);
            case BreakStatement:
                return JinjaFlow.Break;
            case ContinueStatement:
                return JinjaFlow.Continue;
            case SetStatement set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return JinjaFlow.Next;
            case WithStatement with:
                return With(with, scope, output);
            default:
                return RunCaptured(statement, scope, output);
        }
    }

    /// <summary>Statements whose text is caught first, or written by a body with variables of its own.</summary>
    private JinjaFlow RunCaptured(JinjaStatement statement, JinjaScope scope, JinjaWriter output)
    {
        switch (statement)
        {
            case SetBlockStatement set:
                JinjaFlow flow = CaptureFiltered(set.Filters, set.Body, scope, out JinjaValue value);
                if (flow == JinjaFlow.Next)
                    Assign(set.Target, value, scope);
                return flow;
            case FilterStatement filter:
                flow = CaptureFiltered(filter.Filters, filter.Body, scope, out value);
                if (flow == JinjaFlow.Next)
                    output.Append(value is JinjaText text
                        ? text.Value
                        : throw JinjaException.Invalid($"the filters of a block make a value of type '{value.TypeName}', not text"));
                return flow;
            case MacroStatement { Macro: var macro }:
                scope.Set(macro.Name, new JinjaMacro(macro, scope, this));
                return JinjaFlow.Next;
            case CallStatement call:
                _expressions.Call(call.Call, scope, new JinjaMacro(call.Caller, scope, this)).WriteText(output);
                return JinjaFlow.Next;
            case GenerationStatement generation:
                return Run(generation.Body, new JinjaScope(scope), output);
            default:
                throw new InvalidOperationException($"Unknown statement {statement.GetType()}.");
        }
    }

    private IReadOnlyList<JinjaStatement> Choose(IfStatement condition, JinjaScope scope)
    {
        foreach ((JinjaExpression test, IReadOnlyList<JinjaStatement> body) in condition.Branches)
            if (Evaluate(test, scope).IsTrue)
                return body;
        return condition.Else;
    }

    private JinjaFlow CaptureFiltered(IReadOnlyList<FilterCall> filters, IReadOnlyList<JinjaStatement> body, JinjaScope scope, out JinjaValue value)
    {
        JinjaScope inner = new(scope);
        JinjaWriter captured = new(_state);
        JinjaFlow flow = Run(body, inner, captured);
        value = new JinjaText(captured.ToString());
        foreach (FilterCall filter in flow == JinjaFlow.Next ? filters : [])
            value = _expressions.Apply(filter, value, inner);
        return flow;
    }

    private JinjaFlow With(WithStatement with, JinjaScope scope, JinjaWriter output)
    {
        JinjaScope inner = new(scope);
        foreach ((AssignmentTarget target, JinjaExpression value) in with.Variables)
            Assign(target, Evaluate(value, scope), inner);
        return Run(with.Body, inner, output);
    }

    private JinjaFlow Loop(ForStatement statement, JinjaValue iterable, JinjaScope scope, int depth, JinjaWriter output)
    {
        int? length = statement.Condition is null ? iterable.Length : null;
        JinjaLoop loop = new(length, Items(statement, iterable, scope), depth, statement.IsRecursive ? Recurse : null);
        bool isFinished = false;
        while (loop.Advance())
        {
            JinjaScope inner = new(scope);
            inner.Set("loop", loop);
            Assign(statement.Target, loop.Current!, inner);
            JinjaFlow flow = Run(statement.Body, inner, output);
            if (flow == JinjaFlow.Break)
                break;
            isFinished |= flow == JinjaFlow.Next;
        }
        // Jinja runs 'else' unless some iteration came to its end: also where every one was left early.
        return isFinished || statement.Else.Count == 0 ? JinjaFlow.Next : Run(statement.Else, new JinjaScope(scope), output);

        JinjaText Recurse(JinjaState state, JinjaValue items)
        {
            JinjaWriter inner = new(state);
            state.Enter();
            Loop(statement, items, scope, depth + 1, inner);
            state.Leave();
            return new JinjaText(inner.ToString());
        }
    }

    private IEnumerable<JinjaValue> Items(ForStatement statement, JinjaValue iterable, JinjaScope scope)
    {
        IEnumerable<JinjaValue> items = _state.Iterate(iterable);
        if (statement.Condition is not { } condition)
            return items;
        return items.Where(item =>
        {
            JinjaScope inner = new(scope);
            Assign(statement.Target, item, inner);
            return Evaluate(condition, inner).IsTrue;
        });
    }

    private void Assign(AssignmentTarget target, JinjaValue value, JinjaScope scope)
    {
        _state.Position = target.Position;
        switch (target)
        {
            case NameTarget name:
                scope.Set(name.Name, value);
                break;
            case AttributeTarget attribute:
                _state.TakeItems(1);
                if (scope.Find(attribute.Namespace) is not JinjaNamespace variables)
                    throw JinjaException.Invalid($"'{attribute.Namespace}' is no namespace: its attribute '{attribute.Name}' cannot be set");
                variables.Set(attribute.Name, value);
                break;
            case TupleTarget tuple:
                IReadOnlyList<JinjaValue> values = _state.List(_state.Iterate(value)).Values;
                if (values.Count != tuple.Targets.Count)
                    throw JinjaException.Invalid($"{values.Count} values are assigned to {tuple.Targets.Count} variables");
                for (int i = 0; i < values.Count; i++)
                    Assign(tuple.Targets[i], values[i], scope);
                break;
            default:
                throw new InvalidOperationException($"Unknown target {target.GetType()}.");
        }
    }
}
