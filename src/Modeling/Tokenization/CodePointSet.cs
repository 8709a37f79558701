using System.Globalization;

namespace MLNetAttn.Modeling;

/// <summary>A set of Unicode code points, as a regular expression's character class names them.</summary>
internal abstract record CodePointSet
{
    // In the order of UnicodeCategory; the sets below are made of it, so it comes first.
    private static readonly string[] CategoryNames =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>Unicode's White_Space property: <c>\s</c>.</summary>
    public static CodePointSet WhiteSpace { get; } = new WhiteSpaceSet();

    /// <summary>Decimal digits: <c>\d</c>.</summary>
    public static CodePointSet Digits { get; } = new CategorySet(1 << (int)UnicodeCategory.DecimalDigitNumber);

    /// <summary>
    /// Word characters (Unicode TR 18, Annex C): alphabetic ones, marks, decimal digits, connectors, the two joiners: <c>\w</c>.
    /// .NET knows general categories only; the symbols that are alphabetic all the same are the circled and squared Latin letters.
    /// </summary>
    public static CodePointSet Word { get; } = new UnionSet(
    [
        Category("L")!, Category("M")!, Category("Nd")!, Category("Nl")!, Category("Pc")!, new RangeSet(0x200C, 0x200D),
        new RangeSet(0x24B6, 0x24E9), new RangeSet(0x1F130, 0x1F149), new RangeSet(0x1F150, 0x1F169), new RangeSet(0x1F170, 0x1F189),
    ]);

    // Asking for the category of every code point takes longer than all the rest of reading a pattern.
    private static readonly byte[] FirstPlaneCategories =
        [.. Enumerable.Range(0, char.MaxValue + 1).Select(codePoint => (byte)CharUnicodeInfo.GetUnicodeCategory(codePoint))];

    public abstract bool Contains(int codePoint);

    /// <summary>Marks the set's members in the first plane: <c>[65536]</c>, indexed by code point.</summary>
    public abstract void MarkFirstPlane(bool[] members);

    /// <summary>A general category (<c>Lu</c>) or group of them (<c>L</c>), or null if Unicode has none of that name.</summary>
    public static CodePointSet? Category(string name)
    {
        int mask = 0;
        for (int index = 0; index < CategoryNames.Length; index++)
            if (CategoryNames[index] == name || (name.Length == 1 && CategoryNames[index][0] == name[0]))
                mask |= 1 << index;
        return mask == 0 ? null : new CategorySet(mask);
    }

    /// <summary>One character, and with <paramref name="ignoreCase"/> those that differ from it by case alone; null if that is not known.</summary>
    public static CodePointSet? Character(int codePoint, bool ignoreCase)
    {
        RangeSet self = new(codePoint, codePoint);
        if (!ignoreCase)
            return self;
        if (!char.IsAscii((char)codePoint) || codePoint > char.MaxValue)
            return null;
        if (!char.IsAsciiLetter((char)codePoint))
            return self;
        RangeSet lower = new(codePoint | 0x20, codePoint | 0x20);
        RangeSet upper = new(codePoint & ~0x20, codePoint & ~0x20);
        // The long s and the Kelvin sign fold to ASCII letters.
        return (char)(codePoint | 0x20) switch
        {
            's' => new UnionSet([lower, upper, new RangeSet(0x17F, 0x17F)]),
            'k' => new UnionSet([lower, upper, new RangeSet(0x212A, 0x212A)]),
            _ => new UnionSet([lower, upper]),
        };
    }

    private sealed record WhiteSpaceSet : CodePointSet
    {
        public override bool Contains(int codePoint) => codePoint <= char.MaxValue && char.IsWhiteSpace((char)codePoint);

        public override void MarkFirstPlane(bool[] members)
        {
            for (int codePoint = 0; codePoint < members.Length; codePoint++)
                members[codePoint] |= char.IsWhiteSpace((char)codePoint);
        }
    }

    private sealed record CategorySet(int Mask) : CodePointSet
    {
        public override bool Contains(int codePoint) => (Mask >> (int)CharUnicodeInfo.GetUnicodeCategory(codePoint) & 1) != 0;

        public override void MarkFirstPlane(bool[] members)
        {
            for (int codePoint = 0; codePoint < members.Length; codePoint++)
                members[codePoint] |= (Mask >> FirstPlaneCategories[codePoint] & 1) != 0;
        }
    }
}

/// <summary>The code points from <paramref name="First"/> to <paramref name="Last"/>.</summary>
internal sealed record RangeSet(int First, int Last) : CodePointSet
{
    public override bool Contains(int codePoint) => codePoint >= First && codePoint <= Last;

    public override void MarkFirstPlane(bool[] members)
    {
        for (int codePoint = First; codePoint <= Math.Min(Last, char.MaxValue); codePoint++)
            members[codePoint] = true;
    }
}

/// <summary>What any of the given sets holds.</summary>
internal sealed record UnionSet(IReadOnlyList<CodePointSet> Sets) : CodePointSet
{
    public override bool Contains(int codePoint)
    {
        foreach (CodePointSet set in Sets)
            if (set.Contains(codePoint))
                return true;
        return false;
    }

    public override void MarkFirstPlane(bool[] members)
    {
        foreach (CodePointSet set in Sets)
            set.MarkFirstPlane(members);
    }
}

/// <summary>What the given set does not hold.</summary>
internal sealed record ComplementSet(CodePointSet Set) : CodePointSet
{
    public override bool Contains(int codePoint) => !Set.Contains(codePoint);

    public override void MarkFirstPlane(bool[] members)
    {
        bool[] others = new bool[members.Length];
        Set.MarkFirstPlane(others);
        for (int codePoint = 0; codePoint < members.Length; codePoint++)
            members[codePoint] |= !others[codePoint];
    }
}
