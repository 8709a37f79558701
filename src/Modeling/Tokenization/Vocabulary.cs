namespace MLNetAttn.Modeling;

/// <summary>The tokens of a model and their ids.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly string?[] _tokens;

    /// <param name="ids">The id of each token.</param>
    /// <param name="tokens">The token of each id; null where an id has none.</param>
    public Vocabulary(Dictionary<string, int> ids, string?[] tokens)
    {
        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = tokens;
        Count = ids.Count;
        LongestToken = ids.Keys.Select(token => token.Length).DefaultIfEmpty().Max();
    }

    public int Count { get; }

    /// <summary>One more than the highest id.</summary>
    public int End => _tokens.Length;

    /// <summary>The length of the longest token in UTF-16 units.</summary>
    public int LongestToken { get; }

    /// <summary>The token's id, or -1.</summary>
    public int IdOf(ReadOnlySpan<char> token) => _ids.TryGetValue(token, out int id) ? id : -1;

    /// <summary>The id's token, or null.</summary>
    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;
}
