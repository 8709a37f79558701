namespace MLNetAttn.Modeling;

/// <summary>How Jinja finds <c>value.name</c> and <c>value[key]</c>: each falls back on the other.</summary>
internal static class JinjaAccess
{
    /// <summary><c>value.name</c>: the attribute, else the item. So <c>entry.items</c> is a method even where there is a key "items".</summary>
    public static JinjaValue Attribute(JinjaValue value, string name) =>
        value.Attribute(name) ?? (value is JinjaDictionary dictionary ? dictionary.FindText(name) : null) ?? JinjaUndefined.Attribute(value, name);

    /// <summary><c>value[key]</c>: the item, else the attribute. A slice must exist.</summary>
    public static JinjaValue Item(JinjaValue value, JinjaValue key, JinjaState state) => value.Item(key, state) ?? key switch
    {
        JinjaText name when value.Attribute(name.Value) is { } attribute => attribute,
        JinjaSlice => throw JinjaException.Invalid($"a value of type '{value.TypeName}' has no such slice"),
        _ => JinjaUndefined.Item(value, key, state),
    };

    /// <summary>What a filter's <c>attribute</c> means: a name, an index, or several with dots between.</summary>
    public static Func<JinjaValue, JinjaValue> Path(JinjaValue? attribute, JinjaState state, JinjaValue? otherwise = null)
    {
        JinjaValue[] parts = attribute switch
        {
            null or JinjaNone => [],
            JinjaText text => [.. text.Value.Split('.').Select(Part)],
            _ => [attribute],
        };
        return value =>
        {
            foreach (JinjaValue part in parts)
            {
                value = Item(value, part, state);
                if (otherwise is not null && value is JinjaUndefined)
                    value = otherwise;
            }
            return value;
        };
    }

    private static JinjaValue Part(string part) =>
        part.Length > 0 && part.All(char.IsAsciiDigit)
            ? new JinjaInteger(PythonFloat.ParseInteger(part, 10) ?? throw JinjaException.Invalid("an index is too long"))
            : new JinjaText(part);
}
