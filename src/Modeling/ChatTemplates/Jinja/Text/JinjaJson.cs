using System.Globalization;

namespace MLNetAttn.Modeling;

/// <summary>Python's <c>json.dumps</c>, with the settings that the filter <c>tojson</c> of chat templates has.</summary>
/// <param name="AsciiOnly">Whether characters beyond ASCII are escaped.</param>
/// <param name="Indent">What a level of nesting is indented by; null = all on one line.</param>
/// <param name="ItemSeparator">What stands between items.</param>
/// <param name="KeySeparator">What stands between a key and its value.</param>
/// <param name="SortKeys">Whether keys are sorted.</param>
internal sealed record JinjaJson(bool AsciiOnly, string? Indent, string ItemSeparator, string KeySeparator, bool SortKeys)
{
    public string Render(JinjaValue value, JinjaState state)
    {
        JinjaWriter writer = new(state);
        Write(value, writer, "\n");
        return writer.ToString();
    }

    /// <param name="value">What is written.</param>
    /// <param name="writer">Takes it.</param>
    /// <param name="newLine">A line break and the indentation of the level that the value is on.</param>
    private void Write(JinjaValue value, JinjaWriter writer, string newLine)
    {
        writer.State.Enter();
        switch (value)
        {
            case JinjaText text:
                WriteText(text.Value, writer);
                break;
            case JinjaSequence { Values: var values }:
                WriteNested(values, '[', ']', item => Write(item, writer, newLine + Indent), writer, newLine);
                break;
            case JinjaDictionary dictionary:
                WriteNested(Sorted(dictionary, writer.State), '{', '}', entry =>
                {
                    WriteText(Key(entry.Key), writer);
                    writer.Append(KeySeparator);
                    Write(entry.Value, writer, newLine + Indent);
                }, writer, newLine);
                break;
            default:
                writer.Append(Scalar(value) ?? throw JinjaException.Invalid($"'tojson' cannot write a value of type '{value.TypeName}'"));
                break;
        }
        writer.State.Leave();
    }

    private void WriteNested<T>(IReadOnlyList<T> items, char open, char close, Action<T> write, JinjaWriter writer, string newLine)
    {
        writer.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                writer.Append(ItemSeparator);
            if (Indent is not null)
                writer.Append(newLine).Append(Indent);
            write(items[i]);
        }
        if (Indent is not null && items.Count > 0)
            writer.Append(newLine);
        writer.Append(close);
    }

    private IReadOnlyList<KeyValuePair<JinjaValue, JinjaValue>> Sorted(JinjaDictionary dictionary, JinjaState state) =>
        SortKeys ? JinjaComparison.Sort(dictionary.Entries, entry => entry.Key, reverse: false, state) : dictionary.Entries;

    private static string Key(JinjaValue key) =>
        key is JinjaText text
            ? text.Value
            : Scalar(key) ?? throw JinjaException.Invalid($"'tojson' cannot write a key of type '{key.TypeName}'");

    private static string? Scalar(JinjaValue value) => value switch
    {
        JinjaNone => "null",
        JinjaBoolean => value.IsTrue ? "true" : "false",
        JinjaInteger number => number.Value.ToString(CultureInfo.InvariantCulture),
        JinjaFloat { Value: var number } =>
            double.IsNaN(number) ? "NaN"
            : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity")
            : PythonFloat.Repr(number),
        _ => null,
    };

    private void WriteText(string text, JinjaWriter writer)
    {
        writer.State.Read(text.Length);
        writer.Append('"');
        int written = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char unit = text[i];
            if (unit >= ' ' && unit is not ('"' or '\\') && (unit < 127 || !AsciiOnly))
                continue;
            writer.Append(text.AsSpan()[written..i]);
            writer.Append(unit switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                _ => $"\\u{(int)unit:x4}",
            });
            written = i + 1;
        }
        writer.Append(text.AsSpan()[written..]).Append('"');
    }
}
