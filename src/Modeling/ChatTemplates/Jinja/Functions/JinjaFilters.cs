using System.Collections.Frozen;

namespace MLNetAttn.Modeling;

/// <summary>The filters: Jinja's own, with <c>tojson</c> as transformers defines it. Those that make HTML, wrap lines or need chance are refused.</summary>
internal static class JinjaFilters
{
    private static readonly FrozenDictionary<string, JinjaFunction> All = ((IEnumerable<JinjaFunction>)
    [
        .. TextFilters.All, .. SequenceFilters.All, .. SelectionFilters.All, .. ValueFilters.All,
        SequenceFilters.Count("length"), SequenceFilters.Count("count"),
        ValueFilters.Default("default"), ValueFilters.Default("d"),
        TextFilters.Escape("escape"), TextFilters.Escape("e"),
    ]).ToFrozenDictionary(filter => filter.Name);

    /// <summary>The filter of a name, or null.</summary>
    public static JinjaFunction? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>The filter of a name that a template computes.</summary>
    public static JinjaFunction Require(string name) => Find(name) ?? throw JinjaException.Unknown($"the filter '{name}'");
}
