using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Python's <c>dict</c>, in the order in which keys came.</summary>
internal sealed class JinjaDictionary : JinjaValue
{
    private readonly OrderedDictionary<JinjaValue, JinjaValue> _entries = new(KeyComparer.Instance);

    public IReadOnlyList<KeyValuePair<JinjaValue, JinjaValue>> Entries => _entries;

    public override string TypeName => "dict";

    public override bool IsTrue => _entries.Count > 0;

    public override int? Length => _entries.Count;

    public override bool HasItems => true;

    public override IEnumerable<JinjaValue> Items => _entries.Keys;

    /// <summary>Sets an entry while the dictionary is made.</summary>
    public void Set(JinjaValue key, JinjaValue value) => _entries[Hashable(key)] = value;

    /// <summary>Sets an entry under a text.</summary>
    public void Set(string key, JinjaValue value) => Set(new JinjaText(key), value);

    /// <summary>The value under a key, or null.</summary>
    public JinjaValue? Find(JinjaValue key, JinjaState state)
    {
        if (key is JinjaText text)
            state.Read(text.Value.Length);
        return _entries.GetValueOrDefault(Hashable(key));
    }

    /// <summary>The value under a text, or null.</summary>
    public JinjaValue? FindText(string key) => _entries.GetValueOrDefault(new JinjaText(key));

    /// <summary>A copy, to set entries in.</summary>
    public JinjaDictionary Copy()
    {
        JinjaDictionary copy = new();
        foreach ((JinjaValue key, JinjaValue value) in _entries)
            copy.Set(key, value);
        return copy;
    }

    public override JinjaValue? Item(JinjaValue key, JinjaState state) => key is JinjaSequence or JinjaDictionary or JinjaSlice ? null : Find(key, state);

    public override JinjaValue? Attribute(string name) => DictionaryMethods.Find(this, name);

    public override void WriteRepr(JinjaWriter writer)
    {
        writer.Append('{');
        for (int i = 0; i < Entries.Count; i++)
        {
            if (i > 0)
                writer.Append(", ");
            writer.AppendRepr(Entries[i].Key).Append(": ").AppendRepr(Entries[i].Value);
        }
        writer.Append('}');
    }

    /// <exception cref="JinjaException">Python cannot hash it, or this interpreter does not take it for a key.</exception>
    private static JinjaValue Hashable(JinjaValue key) => key switch
    {
        JinjaText or JinjaNumber or JinjaNone or JinjaUndefined => key,
        JinjaList or JinjaDictionary or JinjaSlice => throw JinjaException.Invalid($"a value of type '{key.TypeName}' cannot be hashed"),
        _ => throw JinjaException.Unknown($"a key of type '{key.TypeName}'"),
    };

    /// <summary>Keys as Python compares them: 1, 1.0 and true are one key.</summary>
    private sealed class KeyComparer : IEqualityComparer<JinjaValue>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(JinjaValue? left, JinjaValue? right) => (left, right) switch
        {
            (JinjaText one, JinjaText other) => one.Value == other.Value,
            (JinjaInteger one, JinjaInteger other) => one.Value == other.Value,
            (JinjaNumber one, JinjaNumber other) => JinjaComparison.CompareNumbers(one, other) == 0,
            _ => left?.GetType() == right?.GetType(),
        };

        public int GetHashCode(JinjaValue key) => key switch
        {
            JinjaText text => text.Hash,
            JinjaFloat number when double.IsInteger(number.Value) => new BigInteger(number.Value).GetHashCode(),
            JinjaFloat number => number.Value.GetHashCode(),
            JinjaInteger number => number.Value.GetHashCode(),
            _ => key.GetType().GetHashCode(),
        };
    }
}

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> give: it has a length and a text, but no items under an index.</summary>
internal sealed class JinjaView(string kind, JinjaDictionary dictionary, Func<KeyValuePair<JinjaValue, JinjaValue>, JinjaValue> select) : JinjaValue
{
    public override string TypeName => $"dict_{kind}";

    public override bool IsTrue => dictionary.IsTrue;

    public override int? Length => dictionary.Length;

    public override IEnumerable<JinjaValue> Items => dictionary.Entries.Select(select);

    public override JinjaValue? Attribute(string name) => PythonNames.Refuse(this, name);

    public override void WriteRepr(JinjaWriter writer)
    {
        writer.Append($"{TypeName}(");
        writer.AppendRepr(new JinjaList([.. Items]));
        writer.Append(')');
    }
}
