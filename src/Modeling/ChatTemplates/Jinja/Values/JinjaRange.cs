namespace MLNetAttn.Modeling;

/// <summary>Python's <c>range</c>, no longer than Jinja's sandbox allows.</summary>
internal sealed class JinjaRange(long start, long stop, long step) : JinjaValue
{
    /// <summary>The longest range.</summary>
    public const int MaximumLength = 100_000;

    public long Start { get; } = start;

    public long Step { get; } = step;

    public int Count { get; } = CountOf(start, stop, step);

    public override string TypeName => "range";

    public override bool IsTrue => Count > 0;

    public override int? Length => Count;

    public override bool HasItems => true;

    public override IEnumerable<JinjaValue> Items => Enumerable.Range(0, Count).Select(At);

    public override JinjaValue? Item(JinjaValue key, JinjaState state) => key switch
    {
        JinjaInteger index => SliceBounds.IndexOf(index, Count) is { } found ? At(found) : null,
        JinjaSlice => throw JinjaException.Unknown("a slice of a range"),
        _ => null,
    };

    public override JinjaValue? Attribute(string name) => PythonNames.Refuse(this, name);

    public override void WriteRepr(JinjaWriter writer) => writer.Append(Step == 1 ? $"range({Start}, {stop})" : $"range({Start}, {stop}, {Step})");

    private JinjaInteger At(int index) => new(Start + index * Step);

    private static int CountOf(long start, long stop, long step)
    {
        if (step == 0)
            throw JinjaException.Invalid("the step of a range is zero");
        Int128 distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        Int128 count = distance <= 0 ? 0 : (distance - 1) / Int128.Abs(step) + 1;
        return count <= MaximumLength
            ? (int)count
            : throw JinjaException.Invalid($"a range has {count} items; the sandbox of chat templates allows {MaximumLength}");
    }
}
