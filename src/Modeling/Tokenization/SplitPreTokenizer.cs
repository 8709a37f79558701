namespace MLNetAttn.Modeling;

/// <summary>What becomes of the text that a split pattern matches.</summary>
internal enum SplitBehavior
{
    /// <summary>It is dropped.</summary>
    Removed,

    /// <summary>It is a part of its own.</summary>
    Isolated,

    /// <summary>It ends the part before it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the part after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one part.</summary>
    Contiguous,
}

/// <summary>Splits by a pattern; with <paramref name="invert"/> by what lies between its matches.</summary>
internal sealed class SplitPreTokenizer(SplitPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override void Split(TextPiece piece, List<TextPiece> parts)
    {
        ReadOnlySpan<char> text = piece.Span;
        long steps = SplitPattern.StepLimit(text.Length);
        Parts made = new(piece, behavior, parts);
        int gap = 0;
        for (int position = 0; position < text.Length;)
        {
            int end = pattern.Match(text, position, ref steps);
            if (end < 0)
            {
                CodePoint.At(text, position, out int length);
                position += length;
                continue;
            }
            if (gap < position)
                made.Add(gap, position, isMatch: invert);
            made.Add(position, end, isMatch: !invert);
            position = gap = end;
        }
        if (gap < text.Length)
            made.Add(gap, text.Length, isMatch: invert);
    }

    /// <summary>Collects what lies on and between the matches, merged with what comes before it as the behaviour says.</summary>
    private ref struct Parts(TextPiece piece, SplitBehavior behavior, List<TextPiece> parts)
    {
        private readonly int _first = parts.Count;
        private bool _previousIsMatch;

        public void Add(int start, int end, bool isMatch)
        {
            bool merge = parts.Count > _first && behavior switch
            {
                SplitBehavior.MergedWithPrevious => isMatch && !_previousIsMatch,
                SplitBehavior.MergedWithNext => !isMatch && _previousIsMatch,
                SplitBehavior.Contiguous => isMatch == _previousIsMatch,
                _ => false,
            };
            _previousIsMatch = isMatch;
            if (merge)
                parts[^1] = parts[^1] with { Length = parts[^1].Length + end - start };
            else if (!isMatch || behavior != SplitBehavior.Removed)
                parts.Add(piece.Slice(start, end - start));
        }
    }
}
