namespace MLNetAttn.Modeling;

/// <summary>
/// A regular expression that splits text, matched as Oniguruma matches it: on code points, the first alternative that matches wins, quantifiers
/// are greedy. .NET's <c>Regex</c> works on UTF-16 units and so sees halves of the characters beyond the first plane.
/// </summary>
/// <remarks>
/// The character classes of a pattern part the code points into a few kinds (letter, digit, space, ...): one table lookup a character, and the
/// pattern's sets become bit masks over the kinds. Matching is bounded in time, since a pattern comes from a file.
/// </remarks>
internal sealed class SplitPattern
{
    private const int MaximumKinds = 63;
    private const byte Surrogate = 63;
    private const int StepsPerCharacter = 1000;

    private readonly string _pattern;
    private readonly PatternProgram _program;
    private readonly byte[] _kinds;
    private readonly ulong[] _kindMasks;
    private readonly int[][] _entriesByKind;

    /// <exception cref="NotSupportedException">The pattern uses something that is not known, or matches nothing at all.</exception>
    public SplitPattern(string pattern)
    {
        _pattern = pattern;
        GroupItem root = SplitPatternParser.Parse(pattern);
        _program = PatternProgram.Compile(root);
        if (_program.CanBeEmpty)
            throw new NotSupportedException($"The split pattern '{pattern}' matches the empty text; this library splits by at least one character.");
        (_kinds, _kindMasks) = Classify();
        ulong[] first = _program.FirstKinds(_kindMasks);
        _entriesByKind = [.. Enumerable.Range(0, Surrogate + 1).Select(kind =>
            _program.Entries.Where(entry => kind == Surrogate || (first[entry] >> kind & 1) != 0).ToArray())];
    }

    /// <summary>A pattern that matches this very text.</summary>
    public static SplitPattern Literal(string text) =>
        new(string.Concat(text.Select(unit => char.IsAscii(unit) && !char.IsAsciiLetterOrDigit(unit) ? $"\\{unit}" : unit.ToString())));

    /// <summary>The end of the match that begins at <paramref name="start"/>, or -1. <paramref name="steps"/> counts down to a limit.</summary>
    public int Match(ReadOnlySpan<char> text, int start, ref long steps)
    {
        foreach (int entry in _entriesByKind[_kinds[text[start]]])
        {
            int end = Match(entry, text, start, ref steps);
            if (end >= 0)
                return end;
        }
        return -1;
    }

    /// <summary>How many steps matching may take on a text of this length before it is given up.</summary>
    public static long StepLimit(int length) => StepsPerCharacter * (length + 16L);

    private int Match(int index, ReadOnlySpan<char> text, int position, ref long steps)
    {
        while (true)
        {
            PatternNode node = _program.Nodes[index];
            switch (node.Kind)
            {
                case PatternNodeKind.Accept:
                    return position;
                case PatternNodeKind.Branch:
                    Count(1, ref steps);
                    foreach (int target in node.Targets)
                    {
                        int end = Match(target, text, position, ref steps);
                        if (end >= 0)
                            return end;
                    }
                    return -1;
                case PatternNodeKind.LookAhead:
                    if (Match(node.Targets[0], text, position, ref steps) >= 0 == node.Negative)
                        return -1;
                    break;
                default:
                    int first = position;
                    int count = Take(node, text, ref position);
                    Count(position - first + 1, ref steps);
                    if (count < node.Minimum)
                        return -1;
                    if (node.Next == PatternProgram.Accept)
                        return position;
                    for (; count > node.Minimum; count--)
                    {
                        int end = Match(node.Next, text, position, ref steps);
                        if (end >= 0)
                            return end;
                        position -= CodePoint.LengthBefore(text, position);
                    }
                    break;
            }
            index = node.Next;
        }
    }

    private void Count(int taken, ref long steps)
    {
        steps -= taken;
        if (steps < 0)
            throw new InvalidDataException($"The split pattern '{_pattern}' takes more than {StepsPerCharacter} steps a character of this text.");
    }

    /// <summary>Goes over as many characters of the node's set as there are, and returns their number.</summary>
    private int Take(PatternNode node, ReadOnlySpan<char> text, ref int position)
    {
        ulong kinds = _kindMasks[node.Set];
        int count = 0;
        while (count < node.Maximum && position < text.Length)
        {
            byte kind = _kinds[text[position]];
            int length = 1;
            if (kind == Surrogate ? !_program.Sets[node.Set].Contains(CodePoint.At(text, position, out length)) : (kinds >> kind & 1) == 0)
                break;
            position += length;
            count++;
        }
        return count;
    }

    /// <summary>Parts the first plane's code points by which of the pattern's sets they are in.</summary>
    private (byte[] Kinds, ulong[] KindMasks) Classify()
    {
        ulong[] signatures = new ulong[char.MaxValue + 1];
        for (int set = 0; set < _program.Sets.Count; set++)
        {
            bool[] members = new bool[signatures.Length];
            _program.Sets[set].MarkFirstPlane(members);
            for (int codePoint = 0; codePoint < members.Length; codePoint++)
                signatures[codePoint] |= (members[codePoint] ? 1UL : 0) << set;
        }
        Dictionary<ulong, byte> kindBySignature = [];
        byte[] kinds = new byte[signatures.Length];
        for (int codePoint = 0; codePoint < signatures.Length; codePoint++)
        {
            if (char.IsSurrogate((char)codePoint))
                kinds[codePoint] = Surrogate;
            else if (codePoint > 0 && signatures[codePoint] == signatures[codePoint - 1] && kinds[codePoint - 1] != Surrogate)
                kinds[codePoint] = kinds[codePoint - 1];
            else if (kindBySignature.TryGetValue(signatures[codePoint], out byte kind))
                kinds[codePoint] = kind;
            else if (kindBySignature.Count == MaximumKinds)
                throw new NotSupportedException($"The split pattern '{_pattern}' tells more than {MaximumKinds} kinds of characters apart.");
            else
                kindBySignature[signatures[codePoint]] = kinds[codePoint] = (byte)kindBySignature.Count;
        }
        ulong[] masks = new ulong[_program.Sets.Count];
        foreach ((ulong signature, byte kind) in kindBySignature)
            for (int set = 0; set < masks.Length; set++)
                masks[set] |= (signature >> set & 1) << kind;
        return (kinds, masks);
    }
}
