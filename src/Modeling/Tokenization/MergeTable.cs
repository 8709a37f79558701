using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>The merges of a byte-pair encoding: which two tokens become which third, and in what order.</summary>
/// <remarks>Open addressing with one 16-byte slot an entry: half the time of a <c>Dictionary</c>, and a merge is looked up for every pair of symbols.</remarks>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int NoRank = int.MaxValue;

    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <param name="merges">In the order of their ranks; for a pair that comes twice, the later one counts.</param>
    public MergeTable(IReadOnlyList<Merge> merges)
    {
        uint size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(16L, merges.Count + (merges.Count / 2L)));
        _slots = new Slot[size];
        _shift = 64 - BitOperations.Log2(size);
        Array.Fill(_slots, new Slot(-1, -1, NoRank, -1));
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (int left, int right, int merged) = merges[rank];
            _slots[IndexOf(left, right)] = new Slot(left, right, rank, merged);
        }
    }

    /// <summary>The pair's rank, lower ones merge first, or <see cref="NoRank"/>; and the token it becomes.</summary>
    public int Find(int left, int right, out int merged)
    {
        ref readonly Slot slot = ref _slots[IndexOf(left, right)];
        merged = slot.Merged;
        return slot.Rank;
    }

    private int IndexOf(int left, int right)
    {
        int index = (int)((((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15 >> _shift);
        while (_slots[index].Left != -1 && (_slots[index].Left != left || _slots[index].Right != right))
            index = (index + 1) & (_slots.Length - 1);
        return index;
    }

    private readonly record struct Slot(int Left, int Right, int Rank, int Merged);
}

/// <summary>Two tokens and the one that they become.</summary>
internal readonly record struct Merge(int Left, int Right, int Merged);
