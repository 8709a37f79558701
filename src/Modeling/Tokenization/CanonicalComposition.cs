using System.Collections.Frozen;

namespace MLNetAttn.Modeling;

/// <summary>Canonical decomposition, order and composition of code points (Unicode Standard Annex 15), by <see cref="CanonicalData"/>.</summary>
internal static class CanonicalComposition
{
    private const int HangulFirst = 0xAC00;
    private const int HangulLeading = 0x1100;
    private const int HangulVowel = 0x1161;
    private const int HangulTrailing = 0x11A7;
    private const int LeadingCount = 19;
    private const int VowelCount = 21;
    private const int TrailingCount = 28;
    private const int HangulCount = LeadingCount * VowelCount * TrailingCount;

    private static readonly FrozenDictionary<int, int> Classes = MakeClasses();
    private static readonly FrozenDictionary<int, (int First, int Second)> Decompositions = MakeDecompositions();
    private static readonly FrozenDictionary<(int First, int Second), int> Compositions = MakeCompositions();
    private static readonly FrozenSet<int> Changing = MakeChanging();

    /// <summary>Whether a code point stays as it is, and apart from its neighbours, whatever they are.</summary>
    public static bool IsInert(int codePoint) =>
        !Changing.Contains(codePoint) && !IsVowel(codePoint) && !IsTrailing(codePoint);

    /// <summary>The canonical combining class: 0 for a starter.</summary>
    public static int ClassOf(int codePoint) => Classes.GetValueOrDefault(codePoint);

    /// <summary>Adds the full canonical decomposition of a code point.</summary>
    public static void Decompose(int codePoint, List<int> parts)
    {
        if (codePoint is >= HangulFirst and < HangulFirst + HangulCount)
        {
            int index = codePoint - HangulFirst;
            parts.Add(HangulLeading + (index / (VowelCount * TrailingCount)));
            parts.Add(HangulVowel + (index % (VowelCount * TrailingCount) / TrailingCount));
            if (index % TrailingCount != 0)
                parts.Add(HangulTrailing + (index % TrailingCount));
            return;
        }
        if (!Decompositions.TryGetValue(codePoint, out (int First, int Second) parted))
        {
            parts.Add(codePoint);
            return;
        }
        Decompose(parted.First, parts);
        if (parted.Second != 0)
            Decompose(parted.Second, parts);
    }

    /// <summary>The code point that two compose to, or -1.</summary>
    public static int Compose(int first, int second)
    {
        if (first is >= HangulLeading and < HangulLeading + LeadingCount && IsVowel(second))
            return HangulFirst + ((((first - HangulLeading) * VowelCount) + second - HangulVowel) * TrailingCount);
        if (first is >= HangulFirst and < HangulFirst + HangulCount && (first - HangulFirst) % TrailingCount == 0 && IsTrailing(second))
            return first + second - HangulTrailing;
        return Compositions.TryGetValue((first, second), out int composed) ? composed : -1;
    }

    private static bool IsVowel(int codePoint) => codePoint is >= HangulVowel and < HangulVowel + VowelCount;

    private static bool IsTrailing(int codePoint) => codePoint is > HangulTrailing and < HangulTrailing + TrailingCount;

    private static FrozenDictionary<int, int> MakeClasses()
    {
        Dictionary<int, int> classes = [];
        for (int index = 0; index < CanonicalData.CombiningClasses.Length; index += 3)
            for (int codePoint = CanonicalData.CombiningClasses[index]; codePoint <= CanonicalData.CombiningClasses[index + 1]; codePoint++)
                classes[codePoint] = CanonicalData.CombiningClasses[index + 2];
        return classes.ToFrozenDictionary();
    }

    private static FrozenDictionary<int, (int First, int Second)> MakeDecompositions()
    {
        Dictionary<int, (int First, int Second)> decompositions = [];
        for (int index = 0; index < CanonicalData.Singletons.Length; index += 2)
            decompositions[CanonicalData.Singletons[index]] = (CanonicalData.Singletons[index + 1], 0);
        for (int index = 0; index < CanonicalData.Pairs.Length; index += 3)
            decompositions[CanonicalData.Pairs[index]] = (CanonicalData.Pairs[index + 1], CanonicalData.Pairs[index + 2]);
        return decompositions.ToFrozenDictionary();
    }

    private static FrozenDictionary<(int First, int Second), int> MakeCompositions()
    {
        Dictionary<(int First, int Second), int> compositions = [];
        for (int index = 0; index < CanonicalData.Pairs.Length; index += 3)
            if (!CanonicalData.CompositionExclusions.Contains(CanonicalData.Pairs[index]))
                compositions[(CanonicalData.Pairs[index + 1], CanonicalData.Pairs[index + 2])] = CanonicalData.Pairs[index];
        return compositions.ToFrozenDictionary();
    }

    /// <summary>What normalization changes, moves or composes with what stands before it.</summary>
    private static FrozenSet<int> MakeChanging() =>
    [
        .. Classes.Keys,
        .. CanonicalData.CompositionExclusions,
        .. Decompositions.Where(pair => pair.Value.Second == 0).Select(pair => pair.Key),
        .. Compositions.Keys.Select(pair => pair.Second),
    ];
}
