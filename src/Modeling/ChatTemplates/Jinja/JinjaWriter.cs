using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Text in the making; what is written is counted before it takes memory.</summary>
internal sealed class JinjaWriter(JinjaState state)
{
    private readonly StringBuilder _text = new();

    public JinjaState State { get; } = state;

    public JinjaWriter Append(ReadOnlySpan<char> text)
    {
        State.Take(text.Length);
        _text.Append(text);
        return this;
    }

    public JinjaWriter Append(char unit)
    {
        State.Take(1);
        _text.Append(unit);
        return this;
    }

    public JinjaWriter Append(char unit, int count)
    {
        if (count <= 0)
            return this;
        State.Take(count);
        _text.Append(unit, count);
        return this;
    }

    /// <summary>Writes a value as <c>repr(value)</c> does.</summary>
    public JinjaWriter AppendRepr(JinjaValue value)
    {
        State.Enter();
        value.WriteRepr(this);
        State.Leave();
        return this;
    }

    public override string ToString() => _text.ToString();
}
