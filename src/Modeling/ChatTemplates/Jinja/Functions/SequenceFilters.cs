namespace MLNetAttn.Modeling;

/// <summary>Filters that order, cut or sum up a sequence.</summary>
internal static class SequenceFilters
{
    public static IReadOnlyList<JinjaFunction> All { get; } =
    [
        new("list", "", call => call.State.List(call.State.Iterate(call.Self))),
        new("first", "", call => call.State.Iterate(call.Self).FirstOrDefault() ?? new JinjaUndefined("there is no first item, the sequence is empty")),
        new("last", "", Last),
        new("join", "d? attribute?", Join),
        new("reverse", "", Reverse),
        new("sort", "reverse? case_sensitive? attribute?", Sort),
        new("unique", "case_sensitive? attribute?", call => new JinjaIterator(Unique(call))),
        new("min", "case_sensitive? attribute?", call => Extreme(call, isMaximum: false)),
        new("max", "case_sensitive? attribute?", call => Extreme(call, isMaximum: true)),
        new("sum", "attribute? start?", Sum),
        new("batch", "linecount fill_with?", call => new JinjaIterator(Batch(call))),
        new("slice", "slices fill_with?", call => new JinjaIterator(Slice(call))),
        new("items", "", call => new JinjaIterator(Items(call))),
        new("dictsort", "case_sensitive? by? reverse?", SortEntries),
        new("groupby", "attribute default? case_sensitive?", Group),
    ];

    /// <summary>The filter that counts items, under one of its names.</summary>
    public static JinjaFunction Count(string name) => new(name, "", call =>
        call.Self.Length is { } length ? new JinjaInteger(length) : throw JinjaException.Invalid($"a value of type '{call.Self.TypeName}' has no length"));

    /// <summary>What is compared: an attribute, and text without its case unless that counts.</summary>
    private static Func<JinjaValue, JinjaValue> Key(JinjaCall call, JinjaValue? attribute, JinjaValue? otherwise = null)
    {
        Func<JinjaValue, JinjaValue> path = JinjaAccess.Path(attribute, call.State, otherwise);
        return call.Flag("case_sensitive") ? path : value => IgnoreCase(path(value), call.State);
    }

    private static JinjaValue IgnoreCase(JinjaValue value, JinjaState state) =>
        value is JinjaText text ? text.With(PythonCase.Lower(text.Value), state) : value;

    private static JinjaValue Last(JinjaCall call) => Reversible(call.Self) is { } items
        ? items.LastOrDefault() ?? new JinjaUndefined("there is no last item, the sequence is empty")
        : throw JinjaException.Invalid($"a value of type '{call.Self.TypeName}' has no last item");

    private static IEnumerable<JinjaValue>? Reversible(JinjaValue value) => value.HasItems || value is JinjaView ? value.Items : null;

    private static JinjaValue Reverse(JinjaCall call)
    {
        if (call.Self is JinjaText)
            return JinjaAccess.Item(call.Self, new JinjaSlice(JinjaNone.Instance, JinjaNone.Instance, new JinjaInteger(-1)), call.State);
        JinjaList reversed = new([.. call.State.List(call.State.Iterate(call.Self)).Values.Reverse()]);
        return Reversible(call.Self) is null ? reversed : new JinjaIterator(reversed.Values);
    }

    private static JinjaText Join(JinjaCall call)
    {
        JinjaWriter writer = new(call.State);
        string separator = call.Find("d") is { } d ? call.State.TextOf(d) : "";
        Func<JinjaValue, JinjaValue> path = JinjaAccess.Path(call.Find("attribute"), call.State);
        bool isFirst = true;
        foreach (JinjaValue item in call.State.Iterate(call.Self))
        {
            if (!isFirst)
                writer.Append(separator);
            isFirst = false;
            path(item).WriteText(writer);
        }
        return new JinjaText(writer.ToString());
    }

    private static JinjaList Sort(JinjaCall call)
    {
        // Several attributes have commas between; the keys are then compared one after the other.
        IEnumerable<JinjaValue?> attributes = call.Find("attribute") is JinjaText text
            ? text.Value.Split(',').Select(name => new JinjaText(name))
            : [call.Find("attribute")];
        Func<JinjaValue, JinjaValue>[] keys = [.. attributes.Select(attribute => Key(call, attribute))];
        JinjaList items = call.State.List(call.State.Iterate(call.Self));
        return new JinjaList(JinjaComparison.Sort(items.Values, item => new JinjaList([.. keys.Select(key => key(item))]), call.Flag("reverse"), call.State));
    }

    private static IEnumerable<JinjaValue> Unique(JinjaCall call)
    {
        Func<JinjaValue, JinjaValue> key = Key(call, call.Find("attribute"));
        JinjaDictionary seen = new();
        foreach (JinjaValue item in call.State.Iterate(call.Self))
        {
            JinjaValue found = key(item);
            if (seen.Find(found, call.State) is not null)
                continue;
            call.State.TakeItems(1);
            seen.Set(found, JinjaNone.Instance);
            yield return item;
        }
    }

    private static JinjaValue Extreme(JinjaCall call, bool isMaximum)
    {
        Func<JinjaValue, JinjaValue> keyOf = Key(call, call.Find("attribute"));
        JinjaValue? best = null, bestKey = null;
        foreach (JinjaValue item in call.State.Iterate(call.Self))
        {
            JinjaValue key = keyOf(item);
            if (bestKey is not null && !(isMaximum
                ? JinjaComparison.Compare(key, bestKey, call.State) > 0
                : JinjaComparison.Compare(key, bestKey, call.State) < 0))
                continue;
            (best, bestKey) = (item, key);
        }
        return best ?? new JinjaUndefined("there is no least or greatest item, the sequence is empty");
    }

    private static JinjaValue Sum(JinjaCall call)
    {
        Func<JinjaValue, JinjaValue> path = JinjaAccess.Path(call.Find("attribute"), call.State);
        JinjaValue sum = call.Find("start") ?? new JinjaInteger(0);
        if (sum is JinjaText)
            throw JinjaException.Invalid("'sum' does not add texts; use the filter 'join'");
        foreach (JinjaValue item in call.State.Iterate(call.Self))
            sum = JinjaArithmetic.Apply(BinaryOperator.Add, sum, path(item), call.State);
        return sum;
    }

    private static IEnumerable<JinjaValue> Batch(JinjaCall call)
    {
        int size = call.Integer("linecount") ?? throw JinjaException.Invalid("'batch' needs the number of items of a batch");
        List<JinjaValue> batch = [];
        foreach (JinjaValue item in call.State.Iterate(call.Self))
        {
            if (batch.Count == size)
            {
                yield return new JinjaList(batch);
                batch = [];
            }
            call.State.TakeItems(1);
            batch.Add(item);
        }
        if (batch.Count == 0)
            yield break;
        if (call.FindSet("fill_with") is { } filler && batch.Count < size)
        {
            call.State.TakeItems(size - batch.Count);
            batch.AddRange(Enumerable.Repeat(filler, size - batch.Count));
        }
        yield return new JinjaList(batch);
    }

    private static IEnumerable<JinjaValue> Slice(JinjaCall call)
    {
        int slices = call.Integer("slices") is { } count and not 0 ? count : throw JinjaException.Invalid("'slice' needs a number of slices other than 0");
        IReadOnlyList<JinjaValue> items = call.State.List(call.State.Iterate(call.Self)).Values;
        int start = 0;
        for (int slice = 0; slice < slices; slice++)
        {
            bool isLonger = slice < items.Count % slices;
            int end = start + (items.Count / slices) + (isLonger ? 1 : 0);
            call.State.TakeItems(end - start + 1);
            List<JinjaValue> part = [.. items.Skip(start).Take(end - start)];
            if (!isLonger && call.FindSet("fill_with") is { } filler)
                part.Add(filler);
            yield return new JinjaList(part);
            start = end;
        }
    }

    private static IEnumerable<JinjaValue> Items(JinjaCall call)
    {
        if (call.Self is JinjaUndefined)
            yield break;
        if (call.Self is not JinjaDictionary dictionary)
            throw JinjaException.Invalid($"'items' needs a dictionary, not a value of type '{call.Self.TypeName}'");
        foreach (KeyValuePair<JinjaValue, JinjaValue> entry in dictionary.Entries)
            yield return DictionaryMethods.Pair(entry);
    }

    private static JinjaList SortEntries(JinjaCall call)
    {
        if (call.Self is not JinjaDictionary dictionary)
            throw JinjaException.Invalid($"'dictsort' needs a dictionary, not a value of type '{call.Self.TypeName}'");
        int position = (call.Text("by") ?? "key") switch
        {
            "key" => 0,
            "value" => 1,
            var other => throw JinjaException.Invalid($"'dictsort' sorts by 'key' or 'value', not by '{other}'"),
        };
        call.State.TakeItems(dictionary.Entries.Count);
        JinjaTuple[] pairs = [.. dictionary.Entries.Select(DictionaryMethods.Pair)];
        return new JinjaList(JinjaComparison.Sort(
            pairs,
            pair => call.Flag("case_sensitive") ? pair.Values[position] : IgnoreCase(pair.Values[position], call.State),
            call.Flag("reverse"),
            call.State));
    }

    private static JinjaList Group(JinjaCall call)
    {
        JinjaValue? otherwise = call.FindSet("default");
        Func<JinjaValue, JinjaValue> key = Key(call, call["attribute"], otherwise), shown = JinjaAccess.Path(call["attribute"], call.State, otherwise);
        List<JinjaValue> sorted = JinjaComparison.Sort(call.State.List(call.State.Iterate(call.Self)).Values, key, reverse: false, call.State);
        List<JinjaValue> groups = [];
        for (int start = 0; start < sorted.Count;)
        {
            int end = start + 1;
            while (end < sorted.Count && JinjaComparison.AreEqual(key(sorted[start]), key(sorted[end]), call.State))
                end++;
            call.State.TakeItems(end - start + 1);
            groups.Add(new JinjaGroup(shown(sorted[start]), new JinjaList(sorted[start..end])));
            start = end;
        }
        return new JinjaList(groups);
    }
}
