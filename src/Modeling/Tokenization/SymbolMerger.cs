using System.Buffers;

namespace MLNetAttn.Modeling;

/// <summary>A token in the making: it grows over the units <c>[Start, End)</c> of its word.</summary>
internal struct Symbol
{
    public int Id;
    public int Start;
    public int End;

    /// <summary>The rank of the merge with the symbol after it, and what they become.</summary>
    public int Rank;
    public int Merged;
}

/// <summary>Byte-pair encoding's loop: merge the pair of the lowest rank, the leftmost of equals, until none is left.</summary>
internal static class SymbolMerger
{
    // Up to here a scan for the lowest rank costs less than a heap; beyond, it would be quadratic in a text without any split.
    private const int ScanLimit = 96;

    /// <summary>Merges in place and returns how many symbols are left at the beginning of the span.</summary>
    public static int Merge(Span<Symbol> symbols, MergeTable merges)
    {
        for (int index = 0; index < symbols.Length; index++)
            Rank(ref symbols[index], index + 1 < symbols.Length ? symbols[index + 1].Id : -1, merges);
        return symbols.Length <= ScanLimit ? MergeByScan(symbols, merges) : MergeByHeap(symbols, merges);
    }

    private static int MergeByScan(Span<Symbol> symbols, MergeTable merges)
    {
        while (true)
        {
            int best = 0;
            for (int index = 1; index < symbols.Length; index++)
                if (symbols[index].Rank < symbols[best].Rank)
                    best = index;
            if (symbols.IsEmpty || symbols[best].Rank == MergeTable.NoRank)
                return symbols.Length;
            symbols[best].Id = symbols[best].Merged;
            symbols[best].End = symbols[best + 1].End;
            symbols[(best + 2)..].CopyTo(symbols[(best + 1)..]);
            symbols = symbols[..^1];
            Rank(ref symbols[best], best + 1 < symbols.Length ? symbols[best + 1].Id : -1, merges);
            if (best > 0)
                Rank(ref symbols[best - 1], symbols[best].Id, merges);
        }
    }

    private static int MergeByHeap(Span<Symbol> symbols, MergeTable merges)
    {
        int[] links = ArrayPool<int>.Shared.Rent(2 * symbols.Length);
        Span<int> previous = links.AsSpan(0, symbols.Length);
        Span<int> next = links.AsSpan(symbols.Length, symbols.Length);
        // Ordered by rank, then position; an entry whose pair has changed since no longer has its rank.
        PriorityQueue<int, long> queue = new();
        for (int index = 0; index < symbols.Length; index++)
        {
            previous[index] = index - 1;
            next[index] = index + 1 < symbols.Length ? index + 1 : -1;
            Enqueue(queue, symbols, index);
        }
        while (queue.TryDequeue(out int left, out long priority))
        {
            if (symbols[left].Rank != (int)(priority >> 32))
                continue;
            int right = next[left];
            symbols[left].Id = symbols[left].Merged;
            symbols[left].End = symbols[right].End;
            symbols[right].Rank = MergeTable.NoRank;
            next[left] = next[right];
            if (next[left] >= 0)
                previous[next[left]] = left;
            Rank(ref symbols[left], next[left] >= 0 ? symbols[next[left]].Id : -1, merges);
            Enqueue(queue, symbols, left);
            if (previous[left] >= 0)
            {
                Rank(ref symbols[previous[left]], symbols[left].Id, merges);
                Enqueue(queue, symbols, previous[left]);
            }
        }
        int count = 0;
        for (int index = 0; index >= 0; index = next[index])
            symbols[count++] = symbols[index];
        ArrayPool<int>.Shared.Return(links);
        return count;
    }

    private static void Enqueue(PriorityQueue<int, long> queue, ReadOnlySpan<Symbol> symbols, int index)
    {
        if (symbols[index].Rank != MergeTable.NoRank)
            queue.Enqueue(index, ((long)symbols[index].Rank << 32) | (uint)index);
    }

    private static void Rank(ref Symbol symbol, int following, MergeTable merges)
    {
        if (following >= 0)
            symbol.Rank = merges.Find(symbol.Id, following, out symbol.Merged);
        else
            symbol.Rank = MergeTable.NoRank;
    }
}
