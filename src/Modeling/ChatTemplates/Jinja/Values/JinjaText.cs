namespace MLNetAttn.Modeling;

/// <summary>Python's <c>str</c>: lengths and indices count code points.</summary>
/// <param name="value">The text, in UTF-16.</param>
/// <param name="isSafe">Whether it is marked as HTML (the filters <c>safe</c> and <c>escape</c>): text added to it is escaped.</param>
internal sealed class JinjaText(string value, bool isSafe = false) : JinjaValue
{
    public static readonly JinjaText Empty = new("");

    private static readonly JinjaText[] Ascii = [.. Enumerable.Range(0, 128).Select(code => new JinjaText(((char)code).ToString()))];

    private int[]? _starts;
    private int _hash;

    public string Value { get; } = value;

    public bool IsSafe { get; } = isSafe;

    public override string TypeName => IsSafe ? "Markup" : "str";

    public override bool IsTrue => Value.Length > 0;

    public override int? Length => Count;

    public override bool HasItems => true;

    /// <summary>The number of code points.</summary>
    public int Count => Starts.Length == 0 ? Value.Length : Starts.Length - 1;

    public override IEnumerable<JinjaValue> Items => Enumerable.Range(0, Count).Select(index => At(index, isSafe: false));

    /// <summary>The hash of the text, computed once.</summary>
    public int Hash => _hash != 0 ? _hash : _hash = string.GetHashCode(Value, StringComparison.Ordinal);

    /// <summary>Where each code point starts and the last one ends; empty if every one of them is one UTF-16 unit.</summary>
    private int[] Starts => _starts ??= FindStarts(Value);

    public override JinjaValue? Item(JinjaValue key, JinjaState state) => key switch
    {
        JinjaInteger index => SliceBounds.IndexOf(index, Count) is { } found ? At(found, IsSafe) : null,
        JinjaSlice slice => slice.Resolve(Count) is { } bounds ? Slice(bounds, state) : null,
        _ => null,
    };

    public override JinjaValue? Attribute(string name) => TextMethods.Find(this, name);

    /// <summary>The UTF-16 index of a code point.</summary>
    public int OffsetOf(int index) => Starts.Length == 0 ? index : Starts[index];

    /// <summary>The code point at a UTF-16 index.</summary>
    public int IndexOf(int offset) => Starts.Length == 0 ? offset : Array.BinarySearch(Starts, offset) is var found && found >= 0 ? found : ~found - 1;

    /// <summary>Another text, marked as this one is.</summary>
    public JinjaText With(string text, JinjaState state) => state.Text(text, IsSafe);

    public override void WriteText(JinjaWriter writer) => writer.Append(Value);

    public override void WriteRepr(JinjaWriter writer)
    {
        if (IsSafe)
            writer.Append("Markup(");
        PythonText.WriteRepr(writer, Value);
        if (IsSafe)
            writer.Append(')');
    }

    private JinjaText At(int index, bool isSafe)
    {
        ReadOnlySpan<char> text = Value.AsSpan()[OffsetOf(index)..OffsetOf(index + 1)];
        return text is [< (char)128] && !isSafe ? Ascii[text[0]] : new JinjaText(text.ToString(), isSafe);
    }

    private JinjaText Slice(SliceBounds bounds, JinjaState state)
    {
        if (bounds.Step == 1)
            return With(Value[OffsetOf(bounds.Start)..OffsetOf(bounds.Start + bounds.Count)], state);
        JinjaWriter writer = new(state);
        for (int i = 0; i < bounds.Count; i++)
            writer.Append(Value.AsSpan()[OffsetOf(bounds[i])..OffsetOf(bounds[i] + 1)]);
        return new JinjaText(writer.ToString(), IsSafe);
    }

    private static int[] FindStarts(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            return [];
        int[] starts = [.. PythonText.Offsets(text), text.Length];
        return starts.Length == text.Length + 1 ? [] : starts;
    }
}
