namespace MLNetAttn.Modeling;

/// <summary>A value of a template. It behaves as Python's value of that type does; what Python has beyond that is refused by name.</summary>
internal abstract class JinjaValue
{
    /// <summary>Python's name of the type, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary><c>bool(value)</c></summary>
    public virtual bool IsTrue => true;

    /// <summary><c>len(value)</c>, or null if it has none.</summary>
    public virtual int? Length => null;

    /// <summary><c>iter(value)</c>, or null if it cannot be iterated.</summary>
    public virtual IEnumerable<JinjaValue>? Items => null;

    /// <summary>Whether <c>value[key]</c> exists for values of this type.</summary>
    public virtual bool HasItems => false;

    /// <summary><c>value[key]</c>, or null if there is no such item.</summary>
    public virtual JinjaValue? Item(JinjaValue key, JinjaState state) => null;

    /// <summary><c>value.name</c>, or null if there is no such attribute.</summary>
    public virtual JinjaValue? Attribute(string name) => null;

    /// <summary><c>str(value)</c></summary>
    public virtual void WriteText(JinjaWriter writer) => WriteRepr(writer);

    /// <summary><c>repr(value)</c></summary>
    public virtual void WriteRepr(JinjaWriter writer) => throw JinjaException.Unknown($"printing a value of type '{TypeName}'");
}

/// <summary>Python's <c>None</c>.</summary>
internal sealed class JinjaNone : JinjaValue
{
    public static readonly JinjaNone Instance = new();

    private JinjaNone()
    {
    }

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;

    public override void WriteRepr(JinjaWriter writer) => writer.Append("None");
}

/// <summary>What is not there: it prints as nothing, counts as false and has no items; anything else done with it is an error.</summary>
internal sealed class JinjaUndefined(string message) : JinjaValue
{
    /// <summary>What an error says.</summary>
    public string Message { get; } = message;

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    public override int? Length => 0;

    public override IEnumerable<JinjaValue> Items => [];

    public override bool HasItems => true;

    public static JinjaUndefined Variable(string name) => new($"'{name}' is undefined");

    public static JinjaUndefined Attribute(JinjaValue value, string name) => new($"a value of type '{value.TypeName}' has no attribute '{name}'");

    public static JinjaUndefined Item(JinjaValue value, JinjaValue key, JinjaState state)
    {
        JinjaWriter writer = new(state);
        writer.Append($"a value of type '{value.TypeName}' has no element ");
        if (key is JinjaText or JinjaInteger)
            writer.AppendRepr(key);
        else
            writer.Append($"under a key of type '{key.TypeName}'");
        return new JinjaUndefined(writer.ToString());
    }

    public override JinjaValue Item(JinjaValue key, JinjaState state) => throw JinjaException.Invalid(Message);

    public override JinjaValue Attribute(string name) => throw JinjaException.Invalid(Message);

    public override void WriteText(JinjaWriter writer)
    {
    }

    public override void WriteRepr(JinjaWriter writer) => writer.Append("Undefined");
}
