namespace MLNetAttn.Modeling;

/// <summary>A macro: called, it gives the text that its body writes.</summary>
/// <param name="definition">What it is made of.</param>
/// <param name="scope">The variables where it was defined.</param>
/// <param name="runner">Runs its body.</param>
internal sealed class JinjaMacro(MacroDefinition definition, JinjaScope scope, StatementRunner runner) : JinjaCallable
{
    public override string TypeName => "Macro";

    public override JinjaValue Call(JinjaState state, JinjaArguments arguments)
    {
        JinjaScope inner = new(scope);
        List<KeyValuePair<string, JinjaValue>> named = [.. arguments.Named];
        for (int i = 0; i < definition.Parameters.Count; i++)
        {
            (string name, JinjaExpression? otherwise) = definition.Parameters[i];
            inner.Set(name, (i < arguments.Positional.Count ? arguments.Positional[i] : Extract(named, name))
                ?? (otherwise is null ? new JinjaUndefined($"the parameter '{name}' was not provided") : runner.Evaluate(otherwise, inner)));
        }
        BindSpecial(inner, arguments.Positional, named);
        return runner.Capture(definition.Body, inner);
    }

    public override JinjaValue? Attribute(string name) => name switch
    {
        "name" => new JinjaText(definition.Name),
        "arguments" => new JinjaTuple([.. definition.Parameters.Select(parameter => new JinjaText(parameter.Name))]),
        _ => base.Attribute(name),
    };

    public override void WriteRepr(JinjaWriter writer)
    {
        writer.Append("<Macro ");
        writer.AppendRepr(new JinjaText(definition.Name));
        writer.Append('>');
    }

    /// <summary>Sets what exists in the body only if it is used there: <c>caller</c>, <c>kwargs</c> and <c>varargs</c>.</summary>
    private void BindSpecial(JinjaScope inner, IReadOnlyList<JinjaValue> positional, List<KeyValuePair<string, JinjaValue>> named)
    {
        int parameters = definition.Parameters.Count;
        if (Uses("caller"))
            inner.Set("caller", Extract(named, "caller") ?? new JinjaUndefined("the macro was not called with a 'call' block: no caller is defined"));
        if (Uses("kwargs"))
        {
            JinjaDictionary rest = new();
            foreach ((string name, JinjaValue value) in named)
                rest.Set(name, value);
            inner.Set("kwargs", rest);
        }
        else if (named.Count > 0)
            throw JinjaException.Invalid($"the macro '{definition.Name}' takes no argument named '{named[0].Key}'");
        if (Uses("varargs"))
            inner.Set("varargs", new JinjaTuple([.. positional.Skip(parameters)]));
        else if (positional.Count > parameters)
            throw JinjaException.Invalid($"the macro '{definition.Name}' takes at most {parameters} arguments, not {positional.Count}");
    }

    private bool Uses(string name) => definition.Names.Contains(name) && definition.Parameters.All(parameter => parameter.Name != name);

    private static JinjaValue? Extract(List<KeyValuePair<string, JinjaValue>> named, string name)
    {
        int index = named.FindIndex(argument => argument.Key == name);
        if (index < 0)
            return null;
        JinjaValue value = named[index].Value;
        named.RemoveAt(index);
        return value;
    }
}
