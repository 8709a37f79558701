namespace MLNetAttn.Modeling;

/// <summary>Evaluates expressions.</summary>
internal sealed class ExpressionEvaluator(JinjaState state)
{
    /// <exception cref="JinjaException">An operation fails, or the run has used what it may.</exception>
    public JinjaValue Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        state.Enter(expression.Position);
        JinjaValue value = expression switch
        {
            LiteralExpression literal => literal.Value,
            NameExpression name => scope.Find(name.Name) ?? JinjaUndefined.Variable(name.Name),
            AttributeExpression attribute => Attribute(attribute, scope),
            ItemExpression item => Item(item, scope),
            FilterExpression filter => Apply(filter.Call, Evaluate(filter.Target, scope), scope),
            CallExpression call => Call(call, scope),
            ComparisonExpression comparison => JinjaBoolean.Of(Compare(comparison, scope)),
            LogicalExpression logical => Evaluate(logical.Left, scope) is var left && left.IsTrue == logical.IsOr ? left : Evaluate(logical.Right, scope),
            NotExpression not => JinjaBoolean.Of(!Evaluate(not.Operand, scope).IsTrue),
            TestExpression test => Test(test, scope),
            BinaryExpression binary => Operate(binary, scope),
            ConcatExpression concatenation => Concatenate(concatenation, scope),
            ConditionalExpression conditional => Choose(conditional, scope),
            ListExpression list => new JinjaList(Evaluate(list.Items, scope)),
            TupleExpression tuple => new JinjaTuple(Evaluate(tuple.Items, scope)),
            DictionaryExpression dictionary => Dictionary(dictionary, scope),
            SignExpression sign => Sign(sign, scope),
            SliceExpression slice => new JinjaSlice(Part(slice.Start, scope), Part(slice.Stop, scope), Part(slice.Step, scope)),
            _ => throw new InvalidOperationException($"Unknown expression {expression.GetType()}."),
        };
        state.Leave();
        return value;
    }

    /// <summary>Applies a filter to a value.</summary>
    public JinjaValue Apply(FilterCall call, JinjaValue value, JinjaScope scope)
    {
        JinjaArguments arguments = Arguments(call.Arguments, scope);
        state.Position = call.Position;
        return call.Filter.Invoke(state, value, arguments);
    }

    /// <summary>Calls a value.</summary>
    /// <param name="call">The call.</param>
    /// <param name="scope">The variables.</param>
    /// <param name="caller">What <c>caller</c> is in a macro, or null.</param>
    public JinjaValue Call(CallExpression call, JinjaScope scope, JinjaValue? caller = null)
    {
        JinjaValue callee = Evaluate(call.Callee, scope);
        JinjaArguments arguments = Arguments(call.Arguments, scope);
        if (caller is not null)
            arguments = arguments with { Named = [.. arguments.Named, new("caller", caller)] };
        state.Position = call.Position;
        return callee switch
        {
            JinjaCallable callable => callable.Call(state, arguments),
            JinjaUndefined undefined => throw JinjaException.Invalid(undefined.Message),
            _ => throw JinjaException.Invalid($"a value of type '{callee.TypeName}' cannot be called"),
        };
    }

    private JinjaValue Attribute(AttributeExpression attribute, JinjaScope scope)
    {
        JinjaValue target = Evaluate(attribute.Target, scope);
        state.Position = attribute.Position;
        return JinjaAccess.Attribute(target, attribute.Name);
    }

    private JinjaValue Item(ItemExpression item, JinjaScope scope)
    {
        JinjaValue target = Evaluate(item.Target, scope), key = Evaluate(item.Key, scope);
        state.Position = item.Position;
        return JinjaAccess.Item(target, key, state);
    }

    private JinjaValue Test(TestExpression test, JinjaScope scope)
    {
        JinjaValue target = Evaluate(test.Target, scope);
        JinjaArguments arguments = Arguments(test.Arguments, scope);
        state.Position = test.Position;
        return test.Test.Invoke(state, target, arguments);
    }

    private bool Compare(ComparisonExpression comparison, JinjaScope scope)
    {
        JinjaValue left = Evaluate(comparison.First, scope);
        foreach ((ComparisonOperator operation, JinjaExpression operand) in comparison.Rest)
        {
            JinjaValue right = Evaluate(operand, scope);
            state.Position = comparison.Position;
            if (!JinjaComparison.Apply(operation, left, right, state))
                return false;
            left = right;
        }
        return true;
    }

    private JinjaValue Operate(BinaryExpression binary, JinjaScope scope)
    {
        JinjaValue left = Evaluate(binary.Left, scope), right = Evaluate(binary.Right, scope);
        state.Position = binary.Position;
        return JinjaArithmetic.Apply(binary.Operator, left, right, state);
    }

    private JinjaValue Sign(SignExpression sign, JinjaScope scope)
    {
        JinjaValue operand = Evaluate(sign.Operand, scope);
        state.Position = sign.Position;
        return sign.IsNegative ? JinjaArithmetic.Negate(operand) : JinjaArithmetic.Plus(operand);
    }

    private JinjaText Concatenate(ConcatExpression concatenation, JinjaScope scope)
    {
        List<JinjaValue> parts = Evaluate(concatenation.Parts, scope);
        state.Position = concatenation.Position;
        JinjaWriter writer = new(state);
        foreach (JinjaValue part in parts)
            part.WriteText(writer);
        return new JinjaText(writer.ToString());
    }

    private JinjaValue Choose(ConditionalExpression conditional, JinjaScope scope) =>
        Evaluate(conditional.Test, scope).IsTrue ? Evaluate(conditional.Then, scope)
        : conditional.Else is { } otherwise ? Evaluate(otherwise, scope)
        : new JinjaUndefined("the condition is false, and there is no 'else'");

    private List<JinjaValue> Evaluate(IReadOnlyList<JinjaExpression> expressions, JinjaScope scope)
    {
        state.TakeItems(expressions.Count);
        List<JinjaValue> values = new(expressions.Count);
        foreach (JinjaExpression expression in expressions)
            values.Add(Evaluate(expression, scope));
        return values;
    }

    private JinjaDictionary Dictionary(DictionaryExpression dictionary, JinjaScope scope)
    {
        state.TakeItems(dictionary.Entries.Count);
        JinjaDictionary values = new();
        foreach ((JinjaExpression key, JinjaExpression value) in dictionary.Entries)
            values.Set(Evaluate(key, scope), Evaluate(value, scope));
        return values;
    }

    private JinjaValue Part(JinjaExpression? part, JinjaScope scope) => part is null ? JinjaNone.Instance : Evaluate(part, scope);

    private JinjaArguments Arguments(ArgumentList arguments, JinjaScope scope)
    {
        if (ReferenceEquals(arguments, ArgumentList.Empty))
            return JinjaArguments.None;
        List<JinjaValue> positional = [.. arguments.Positional.Select(argument => Evaluate(argument, scope))];
        List<KeyValuePair<string, JinjaValue>> named =
            [.. arguments.Named.Select(argument => KeyValuePair.Create(argument.Key, Evaluate(argument.Value, scope)))];
        if (arguments.Rest is { } rest)
            positional.AddRange(state.List(state.Iterate(Evaluate(rest, scope))).Values);
        if (arguments.NamedRest is { } namedRest)
            AddNamed(Evaluate(namedRest, scope), named);
        return new JinjaArguments(positional, named);
    }

    private void AddNamed(JinjaValue value, List<KeyValuePair<string, JinjaValue>> named)
    {
        if (value is not JinjaDictionary dictionary)
            throw JinjaException.Invalid($"'**' needs a dictionary, not a value of type '{value.TypeName}'");
        HashSet<string> names = [.. named.Select(argument => argument.Key)];
        state.TakeItems(dictionary.Entries.Count);
        foreach ((JinjaValue key, JinjaValue entry) in dictionary.Entries)
            named.Add(key is JinjaText name && names.Add(name.Value) ? KeyValuePair.Create(name.Value, entry)
                : throw JinjaException.Invalid("'**' has a key that is no text, or an argument that is given already"));
    }
}
