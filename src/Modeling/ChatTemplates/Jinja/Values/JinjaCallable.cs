namespace MLNetAttn.Modeling;

/// <summary>What a call passes.</summary>
internal sealed record JinjaArguments(IReadOnlyList<JinjaValue> Positional, IReadOnlyList<KeyValuePair<string, JinjaValue>> Named)
{
    public static readonly JinjaArguments None = new([], []);
}

/// <summary>A value that can be called.</summary>
internal abstract class JinjaCallable : JinjaValue
{
    public override string TypeName => "function";

    public abstract JinjaValue Call(JinjaState state, JinjaArguments arguments);

    public override JinjaValue? Attribute(string name) => PythonNames.Refuse(this, name);
}

/// <summary>A function that templates find by name, or a method of a value.</summary>
/// <param name="function">The function.</param>
/// <param name="self">The value whose method it is, or null.</param>
internal sealed class JinjaMethod(JinjaFunction function, JinjaValue self) : JinjaCallable
{
    public override JinjaValue Call(JinjaState state, JinjaArguments arguments) => function.Invoke(state, self, arguments);
}
