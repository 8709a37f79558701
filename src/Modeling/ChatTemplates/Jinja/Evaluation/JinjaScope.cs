namespace MLNetAttn.Modeling;

/// <summary>The variables of a block, inside those of the blocks around it.</summary>
internal sealed class JinjaScope(JinjaScope? outer)
{
    private const int Few = 8;

    // Loops make a scope for every iteration, mostly with two or three variables: those are searched one by one.
    private readonly List<KeyValuePair<string, JinjaValue>> _few = [];
    private Dictionary<string, JinjaValue>? _many;

    private JinjaScope? Outer { get; } = outer;

    public void Set(string name, JinjaValue value)
    {
        int index = _many is null ? IndexOf(name) : -1;
        if (_many is not null)
            _many[name] = value;
        else if (index >= 0)
            _few[index] = new(name, value);
        else if (_few.Count < Few)
            _few.Add(new(name, value));
        else
            _many = new(_few, StringComparer.Ordinal) { [name] = value };
    }

    public JinjaValue? Find(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Outer)
            if (scope.FindHere(name) is { } value)
                return value;
        return null;
    }

    private JinjaValue? FindHere(string name) =>
        _many is not null ? _many.GetValueOrDefault(name)
        : IndexOf(name) is var index and >= 0 ? _few[index].Value
        : null;

    private int IndexOf(string name)
    {
        for (int i = 0; i < _few.Count; i++)
            if (_few[i].Key == name)
                return i;
        return -1;
    }
}
