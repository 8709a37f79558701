namespace MLNetAttn.Modeling;

/// <summary>What <c>cycler()</c> makes: it gives its items one after the other, and again.</summary>
internal sealed class JinjaCycler(IReadOnlyList<JinjaValue> items) : JinjaValue
{
    private int _position;

    public override string TypeName => "Cycler";

    public override JinjaValue? Attribute(string name) => name switch
    {
        "current" => items[_position],
        "next" => new JinjaMethod(NextFunction, this),
        "reset" => new JinjaMethod(ResetFunction, this),
        _ => PythonNames.Refuse(this, name),
    };

    private static JinjaFunction NextFunction { get; } = new("next", "", call => ((JinjaCycler)call.Self).Next());

    private static JinjaFunction ResetFunction { get; } = new("reset", "", call =>
    {
        ((JinjaCycler)call.Self)._position = 0;
        return JinjaNone.Instance;
    });

    private JinjaValue Next()
    {
        JinjaValue current = items[_position];
        _position = (_position + 1) % items.Count;
        return current;
    }
}

/// <summary>What <c>joiner()</c> makes: called, it gives nothing the first time and then its separator.</summary>
internal sealed class JinjaJoiner(JinjaValue separator) : JinjaCallable
{
    private bool _used;

    public override string TypeName => "Joiner";

    public override JinjaValue Call(JinjaState state, JinjaArguments arguments)
    {
        if (arguments is not { Positional: [], Named: [] })
            throw JinjaException.Invalid("a joiner is called without arguments");
        bool used = _used;
        _used = true;
        return used ? separator : JinjaText.Empty;
    }
}
