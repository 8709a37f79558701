using System.Collections.Frozen;

namespace MLNetAttn.Modeling;

/// <summary>
/// What Python's types have and this interpreter has not. Asking for it is refused by name: it must not seem to be undefined, which a
/// template can act on.
/// </summary>
internal static class PythonNames
{
    private static readonly FrozenDictionary<string, FrozenSet<string>> Unsupported = new Dictionary<string, string>
    {
        ["int"] = "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real to_bytes",
        ["bool"] = "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real to_bytes",
        ["float"] = "as_integer_ratio conjugate fromhex hex imag is_integer real",
        ["str"] = "casefold encode format_map isnumeric isprintable maketrans translate",
        ["Markup"] = "casefold encode escape format_map isnumeric isprintable maketrans striptags translate unescape",
        ["dict"] = "fromkeys",
        ["range"] = "count index start step stop",
        ["dict_keys"] = "isdisjoint mapping",
        ["dict_items"] = "isdisjoint mapping",
        ["dict_values"] = "mapping",
        ["generator"] = "close gi_code gi_frame gi_running gi_suspended gi_yieldfrom send throw",
        ["Macro"] = "caller catch_kwargs catch_varargs explicit_caller",
        ["Cycler"] = "items pos",
        ["Joiner"] = "sep used",
    }.ToFrozenDictionary(type => type.Key, type => type.Value.Split(' ').ToFrozenSet());

    // The sandbox hides what would change a value: to the template it is not there.
    private static readonly FrozenSet<string> Hidden = FrozenSet.Create(
        StringComparer.Ordinal, "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update");

    /// <summary>Null for a name that Python's type does not have either.</summary>
    /// <exception cref="JinjaException">Python has it.</exception>
    public static JinjaValue? Refuse(JinjaValue value, string name) =>
        Unsupported.TryGetValue(value.TypeName, out FrozenSet<string>? names) && names.Contains(name)
            ? throw JinjaException.Unknown($"the attribute '{name}' of a value of type '{value.TypeName}'")
            : value is JinjaList or JinjaDictionary && IsHidden(value, name)
                ? new JinjaUndefined($"the sandbox of chat templates hides the method '{name}', which changes a value") : null;

    private static bool IsHidden(JinjaValue value, string name) => Hidden.Contains(name) &&
        (value is JinjaList ? name is not ("popitem" or "setdefault" or "update") : name is "clear" or "pop" or "popitem" or "setdefault" or "update");
}
