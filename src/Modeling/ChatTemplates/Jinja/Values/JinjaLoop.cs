namespace MLNetAttn.Modeling;

/// <summary>The variable <c>loop</c>: where a loop is, and what comes before and after.</summary>
/// <param name="length">How many items there are, or null if that is not known before the loop has run.</param>
/// <param name="items">What the loop runs over.</param>
/// <param name="depth">How many recursive loops are around it.</param>
/// <param name="recurse">Runs the loop's body over other items, or null if the loop is not recursive.</param>
internal sealed class JinjaLoop(int? length, IEnumerable<JinjaValue> items, int depth, Func<JinjaState, JinjaValue, JinjaValue>? recurse) : JinjaCallable
{
    private IEnumerator<JinjaValue> _items = items.GetEnumerator();
    private JinjaValue? _next;
    private JinjaValue? _previous;
    private JinjaTuple? _lastChanged;
    private int _index = -1;
    private int? _length = length;

    public override string TypeName => "LoopContext";

    public override int? Length => _length ??= CountItems();

    /// <summary>The item that the loop is at.</summary>
    public JinjaValue? Current { get; private set; }

    /// <summary>Goes on to the next item; false at the end.</summary>
    public bool Advance()
    {
        JinjaValue? item = Peek();
        _next = null;
        if (item is null)
            return false;
        (_previous, Current) = (Current, item);
        _index++;
        return true;
    }

    public override JinjaValue? Attribute(string name) => name switch
    {
        "index0" => new JinjaInteger(_index),
        "index" => new JinjaInteger(_index + 1),
        "revindex0" => new JinjaInteger(Length!.Value - _index - 1),
        "revindex" => new JinjaInteger(Length!.Value - _index),
        "length" => new JinjaInteger(Length!.Value),
        "first" => JinjaBoolean.Of(_index == 0),
        "last" => JinjaBoolean.Of(Peek() is null),
        "previtem" => _previous ?? new JinjaUndefined("there is no previous item"),
        "nextitem" => Peek() ?? new JinjaUndefined("there is no next item"),
        "depth0" => new JinjaInteger(depth),
        "depth" => new JinjaInteger(depth + 1),
        "cycle" => new JinjaMethod(CycleFunction, this),
        "changed" => new JinjaMethod(ChangedFunction, this),
        _ => null,
    };

    public override JinjaValue Call(JinjaState state, JinjaArguments arguments) => (recurse, arguments) switch
    {
        (null, _) => throw JinjaException.Invalid("the loop is called, but it is not marked 'recursive'"),
        (_, { Positional: [var items], Named: [] }) => recurse(state, items),
        _ => throw JinjaException.Invalid("a loop is called with one argument, the items to run over"),
    };

    public override void WriteRepr(JinjaWriter writer) => writer.Append($"<LoopContext {_index + 1}/{Length}>");

    private static JinjaFunction CycleFunction { get; } = new("cycle", "*items", call => call.Rest is { Count: > 0 } choices
        ? choices[((JinjaLoop)call.Self)._index % choices.Count]
        : throw JinjaException.Invalid("'cycle' has nothing to cycle through"));

    private static JinjaFunction ChangedFunction { get; } = new("changed", "*value", call =>
    {
        JinjaLoop loop = (JinjaLoop)call.Self;
        JinjaTuple values = new(call.Rest);
        bool changed = loop._lastChanged is null || !JinjaComparison.AreEqual(loop._lastChanged, values, call.State);
        loop._lastChanged = values;
        return JinjaBoolean.Of(changed);
    });

    private JinjaValue? Peek() => _next ??= _items.MoveNext() ? _items.Current : null;

    private int CountItems()
    {
        List<JinjaValue> rest = [];
        while (_items.MoveNext())
            rest.Add(_items.Current);
        _items = rest.GetEnumerator();
        return rest.Count + _index + 1 + (_next is null ? 0 : 1);
    }
}
