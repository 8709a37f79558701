namespace MLNetAttn.Modeling;

/// <summary>Filters that apply a filter or test to every item of a sequence.</summary>
internal static class SelectionFilters
{
    public static IReadOnlyList<JinjaFunction> All { get; } =
    [
        new("map", "*args **kwargs", call => new JinjaIterator(Map(call))),
        new("select", "*args **kwargs", call => new JinjaIterator(Select(call, byAttribute: false, keeps: true))),
        new("reject", "*args **kwargs", call => new JinjaIterator(Select(call, byAttribute: false, keeps: false))),
        new("selectattr", "*args **kwargs", call => new JinjaIterator(Select(call, byAttribute: true, keeps: true))),
        new("rejectattr", "*args **kwargs", call => new JinjaIterator(Select(call, byAttribute: true, keeps: false))),
    ];

    private static IEnumerable<JinjaValue> Map(JinjaCall call)
    {
        if (!call.Self.IsTrue)
            yield break;
        Func<JinjaValue, JinjaValue> map = call.Rest.Count == 0 && call.NamedRest.Any(argument => argument.Key == "attribute")
            ? ByAttribute(call)
            : ByFilter(call);
        foreach (JinjaValue item in call.State.Iterate(call.Self))
            yield return map(item);
    }

    private static Func<JinjaValue, JinjaValue> ByAttribute(JinjaCall call)
    {
        JinjaValue? attribute = null, otherwise = null;
        foreach ((string name, JinjaValue value) in call.NamedRest)
            if (name == "attribute")
                attribute = value;
            else
                otherwise = name == "default" ? value : throw JinjaException.Invalid($"'map' has no argument named '{name}'");
        return JinjaAccess.Path(attribute, call.State, otherwise is JinjaNone ? null : otherwise);
    }

    private static Func<JinjaValue, JinjaValue> ByFilter(JinjaCall call)
    {
        JinjaFunction filter = JinjaFilters.Require(Name(call, 0) ?? throw JinjaException.Invalid("'map' needs the name of a filter, or an attribute"));
        JinjaArguments arguments = new([.. call.Rest.Skip(1)], call.NamedRest);
        return item => filter.Invoke(call.State, item, arguments);
    }

    private static IEnumerable<JinjaValue> Select(JinjaCall call, bool byAttribute, bool keeps)
    {
        if (!call.Self.IsTrue)
            yield break;
        if (byAttribute && call.Rest.Count == 0)
            throw JinjaException.Invalid($"'{call.Function.Name}' needs the name of an attribute");
        Func<JinjaValue, JinjaValue> path = byAttribute ? JinjaAccess.Path(call.Rest[0], call.State) : item => item;
        int first = byAttribute ? 1 : 0;
        JinjaFunction? test = Name(call, first) is { } name ? JinjaTests.Require(name) : null;
        JinjaArguments arguments = new([.. call.Rest.Skip(first + 1)], call.NamedRest);
        foreach (JinjaValue item in call.State.Iterate(call.Self))
        {
            JinjaValue value = path(item);
            if ((test?.Invoke(call.State, value, arguments) ?? value).IsTrue == keeps)
                yield return item;
        }
    }

    private static string? Name(JinjaCall call, int index) => call.Rest.ElementAtOrDefault(index) switch
    {
        null => null,
        JinjaText name => name.Value,
        { } other => throw JinjaException.Invalid($"'{call.Function.Name}' needs the name of a filter or test, not a value of type '{other.TypeName}'"),
    };
}
