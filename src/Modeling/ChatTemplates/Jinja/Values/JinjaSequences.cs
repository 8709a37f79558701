namespace MLNetAttn.Modeling;

/// <summary>A list or tuple. Templates cannot change one that exists.</summary>
internal abstract class JinjaSequence(IReadOnlyList<JinjaValue> values) : JinjaValue
{
    public IReadOnlyList<JinjaValue> Values { get; } = values;

    public override bool IsTrue => Values.Count > 0;

    public override int? Length => Values.Count;

    public override bool HasItems => true;

    public override IEnumerable<JinjaValue> Items => Values;

    public override JinjaValue? Item(JinjaValue key, JinjaState state)
    {
        switch (key)
        {
            case JinjaInteger index:
                return SliceBounds.IndexOf(index, Values.Count) is { } found ? Values[found] : null;
            case JinjaSlice slice when slice.Resolve(Values.Count) is { } bounds:
                state.TakeItems(bounds.Count);
                return Of([.. Enumerable.Range(0, bounds.Count).Select(item => Values[bounds[item]])]);
            default:
                return null;
        }
    }

    public override JinjaValue? Attribute(string name) => SequenceMethods.Find(this, name);

    /// <summary>A sequence of the same type.</summary>
    public abstract JinjaSequence Of(IReadOnlyList<JinjaValue> values);

    protected void WriteItems(JinjaWriter writer)
    {
        for (int i = 0; i < Values.Count; i++)
        {
            if (i > 0)
                writer.Append(", ");
            writer.AppendRepr(Values[i]);
        }
    }
}

/// <summary>Python's <c>list</c>.</summary>
internal sealed class JinjaList(IReadOnlyList<JinjaValue> values) : JinjaSequence(values)
{
    public override string TypeName => "list";

    public override JinjaSequence Of(IReadOnlyList<JinjaValue> values) => new JinjaList(values);

    public override void WriteRepr(JinjaWriter writer)
    {
        writer.Append('[');
        WriteItems(writer);
        writer.Append(']');
    }
}

/// <summary>Python's <c>tuple</c>.</summary>
internal class JinjaTuple(IReadOnlyList<JinjaValue> values) : JinjaSequence(values)
{
    public override string TypeName => "tuple";

    public override JinjaSequence Of(IReadOnlyList<JinjaValue> values) => new JinjaTuple(values);

    public override void WriteRepr(JinjaWriter writer)
    {
        writer.Append('(');
        WriteItems(writer);
        writer.Append(Values.Count == 1 ? ",)" : ")");
    }
}

/// <summary>What the filter <c>groupby</c> gives: a pair whose parts have names.</summary>
internal sealed class JinjaGroup(JinjaValue grouper, JinjaList list) : JinjaTuple([grouper, list])
{
    public override JinjaValue? Attribute(string name) => name switch
    {
        "grouper" => Values[0],
        "list" => Values[1],
        _ => base.Attribute(name),
    };
}

/// <summary>What Python iterates only once: generators and the like. It has neither a length nor a text.</summary>
internal sealed class JinjaIterator(IEnumerable<JinjaValue> items) : JinjaValue
{
    private readonly IEnumerator<JinjaValue> _items = items.GetEnumerator();

    public override string TypeName => "generator";

    public override IEnumerable<JinjaValue> Items
    {
        get
        {
            while (_items.MoveNext())
                yield return _items.Current;
        }
    }

    public override JinjaValue? Attribute(string name) => PythonNames.Refuse(this, name);
}
