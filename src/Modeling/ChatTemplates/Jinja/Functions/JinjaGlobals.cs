using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>The functions that templates find by name: Jinja's, and those that transformers adds.</summary>
internal static class JinjaGlobals
{
    public static IReadOnlyList<JinjaFunction> All { get; } =
    [
        new("range", "*args", Range),
        new("dict", "mapping? **kwargs /", Dictionary),
        new("namespace", "mapping? **kwargs /", call => new JinjaNamespace(Dictionary(call))),
        new("cycler", "*items", call => call.Rest.Count > 0 ? new JinjaCycler(call.Rest) : throw JinjaException.Invalid("'cycler' needs at least one item")),
        new("joiner", "sep?", call => new JinjaJoiner(call.Find("sep") ?? new JinjaText(", "))),
        new("raise_exception", "message", call => throw JinjaException.Refused(call.State.TextOf(call["message"]))),
        new("strftime_now", "format", call => new JinjaText(StrftimeFormat.Format(
            call.Text("format") ?? throw JinjaException.Invalid("'strftime_now' needs a format"), call.State.Clock.GetLocalNow(), call.State))),
        new("lipsum", "*args **kwargs", _ => throw JinjaException.Unknown("'lipsum'")),
    ];

    private static JinjaRange Range(JinjaCall call)
    {
        long[] bounds = [.. call.Rest.Select(Bound)];
        return bounds switch
        {
            [var stop] => new JinjaRange(0, stop, 1),
            [var start, var stop] => new JinjaRange(start, stop, 1),
            [var start, var stop, var step] => new JinjaRange(start, stop, step),
            _ => throw JinjaException.Invalid($"'range' takes 1 to 3 arguments, not {bounds.Length}"),
        };

        static long Bound(JinjaValue value) => value is not JinjaInteger { Value: var bound }
            ? throw JinjaException.Invalid($"'range' needs integers, not a value of type '{value.TypeName}'")
            : BigInteger.Abs(bound) < long.MaxValue / 2 ? (long)bound : throw JinjaException.Unknown($"a range that begins, ends or steps with {bound}");
    }

    private static JinjaDictionary Dictionary(JinjaCall call)
    {
        JinjaDictionary dictionary = new();
        if (call.Find("mapping") is JinjaUndefined undefined)
            throw JinjaException.Invalid(undefined.Message);
        if (call.Find("mapping") is JinjaDictionary given)
            dictionary = given.Copy();
        else if (call.Find("mapping") is { } pairs)
            foreach (JinjaValue pair in call.State.Iterate(pairs))
            {
                JinjaValue[] parts = [.. call.State.Iterate(pair).Take(3)];
                if (parts is not [var key, var value])
                    throw JinjaException.Invalid("a dictionary is made of pairs of a key and a value");
                dictionary.Set(key, value);
            }
        foreach ((string name, JinjaValue value) in call.NamedRest)
            dictionary.Set(name, value);
        call.State.TakeItems(dictionary.Entries.Count);
        return dictionary;
    }
}
