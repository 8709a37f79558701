namespace MLNetAttn.Modeling;

/// <summary>The variables of a block, inside those of the blocks around it.</summary>
internal sealed class JinjaScope(JinjaScope? outer)
{
    private readonly Dictionary<string, JinjaValue> _variables = new(StringComparer.Ordinal);

    public void Set(string name, JinjaValue value) => _variables[name] = value;

    public JinjaValue? Find(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Outer)
            if (scope._variables.TryGetValue(name, out JinjaValue? value))
                return value;
        return null;
    }

    private JinjaScope? Outer { get; } = outer;
}
