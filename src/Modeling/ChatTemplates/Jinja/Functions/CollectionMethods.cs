using System.Collections.Frozen;

namespace MLNetAttn.Modeling;

/// <summary>Methods of lists and tuples.</summary>
internal static class SequenceMethods
{
    private static readonly FrozenDictionary<string, JinjaFunction> All = new JinjaFunction[]
    {
        new("count", "value /", call => new JinjaInteger(Places(call).Count())),
        new("index", "value start? stop? /", Index),
    }.ToFrozenDictionary(method => method.Name);

    private static readonly JinjaFunction Copy = new("copy", "", call => call.Self);

    public static JinjaValue? Find(JinjaSequence sequence, string name) => All.TryGetValue(name, out JinjaFunction? method) ? new JinjaMethod(method, sequence)
        : name == "copy" && sequence is JinjaList ? new JinjaMethod(Copy, sequence) : PythonNames.Refuse(sequence, name);

    private static JinjaInteger Index(JinjaCall call)
    {
        int place = Places(call, call.FindSet("start"), call.FindSet("stop")).FirstOrDefault(-1);
        return place >= 0 ? new JinjaInteger(place) : throw JinjaException.Invalid("'index' finds no such item");
    }

    private static IEnumerable<int> Places(JinjaCall call, JinjaValue? start = null, JinjaValue? stop = null)
    {
        IReadOnlyList<JinjaValue> values = ((JinjaSequence)call.Self).Values;
        JinjaSlice range = new(start ?? JinjaNone.Instance, stop ?? JinjaNone.Instance, JinjaNone.Instance);
        SliceBounds bounds = range.Resolve(values.Count) ?? throw JinjaException.Invalid("'index' needs integers as its bounds");
        for (int i = bounds.Start; i < bounds.Start + bounds.Count; i++)
            if (ReferenceEquals(values[i], call["value"]) || JinjaComparison.AreEqual(values[i], call["value"], call.State))
                yield return i;
    }
}

/// <summary>Methods of dictionaries.</summary>
internal static class DictionaryMethods
{
    private static readonly FrozenDictionary<string, JinjaFunction> All = new JinjaFunction[]
    {
        new("get", "key default? /", call => ((JinjaDictionary)call.Self).Find(call["key"], call.State) ?? call.Find("default") ?? JinjaNone.Instance),
        new("keys", "", call => new JinjaView("keys", (JinjaDictionary)call.Self, entry => entry.Key)),
        new("values", "", call => new JinjaView("values", (JinjaDictionary)call.Self, entry => entry.Value)),
        new("items", "", call => new JinjaView("items", (JinjaDictionary)call.Self, Pair)),
        new("copy", "", call => call.Self),
    }.ToFrozenDictionary(method => method.Name);

    public static JinjaValue? Find(JinjaDictionary dictionary, string name) =>
        All.TryGetValue(name, out JinjaFunction? method) ? new JinjaMethod(method, dictionary) : PythonNames.Refuse(dictionary, name);

    /// <summary>An entry as a tuple.</summary>
    public static JinjaTuple Pair(KeyValuePair<JinjaValue, JinjaValue> entry) => new([entry.Key, entry.Value]);
}
