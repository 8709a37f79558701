namespace MLNetAttn.Modeling;

/// <summary>Remembers the ids of words met before. Safe for any number of threads, without a lock; its size is fixed.</summary>
/// <remarks>
/// Each word has one slot, which the next word of the same slot takes over: entries never change once they are published, so a reader sees
/// a whole entry or another one, and no text can make the cache grow.
/// </remarks>
internal sealed class WordCache
{
    /// <summary>Longer words seldom come again.</summary>
    public const int LongestWord = 48;

    private const int SlotCount = 1 << 15;

    private readonly Entry?[] _slots = new Entry?[SlotCount];

    /// <summary>The ids of a word, if it is remembered.</summary>
    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> ids)
    {
        Entry? entry = Volatile.Read(ref _slots[SlotOf(word)]);
        if (entry is null || !word.SequenceEqual(entry.Word))
        {
            ids = default;
            return false;
        }
        ids = entry.Ids;
        return true;
    }

    public void Set(ReadOnlySpan<char> word, ReadOnlySpan<int> ids) =>
        Volatile.Write(ref _slots[SlotOf(word)], new Entry(word.ToString(), ids.ToArray()));

    private static int SlotOf(ReadOnlySpan<char> word) => string.GetHashCode(word) & (SlotCount - 1);

    private sealed record Entry(string Word, int[] Ids);
}
