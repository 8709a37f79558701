namespace MLNetAttn.Modeling;

/// <summary>
/// A text, as it was given or as a normalizer changed it, that knows for each of its UTF-16 units the range of the given text it stands for.
/// </summary>
internal sealed class AlignedText
{
    private readonly TextRange[]? _ranges;

    /// <summary>The text as it was given: every unit stands for itself.</summary>
    public AlignedText(string original) => (Value, OriginalLength) = (original, original.Length);

    /// <summary>A changed text; <paramref name="ranges"/> has one entry a UTF-16 unit.</summary>
    public AlignedText(string value, TextRange[] ranges, int originalLength) => (Value, _ranges, OriginalLength) = (value, ranges, originalLength);

    public string Value { get; }

    /// <summary>The length of the text as it was given.</summary>
    public int OriginalLength { get; }

    /// <summary>The range of the given text that <c>[start, end)</c> of this text stands for; the empty range at 0 for an empty one.</summary>
    public TextRange ToOriginal(int start, int end)
    {
        if (start >= end)
            return default;
        return _ranges is null ? new TextRange(start, end) : new TextRange(_ranges[start].Start, _ranges[end - 1].End);
    }
}

/// <summary>UTF-16 units <c>[Start, End)</c> of a text.</summary>
internal readonly record struct TextRange(int Start, int End);

/// <summary>A part of a text that is split, normalized and tokenized on its own.</summary>
internal readonly record struct TextPiece(AlignedText Text, int Start, int Length)
{
    public TextPiece(AlignedText text)
        : this(text, 0, text.Value.Length)
    {
    }

    public ReadOnlySpan<char> Span => Text.Value.AsSpan(Start, Length);

    /// <summary>A part of this piece; <paramref name="start"/> counts from the piece's beginning.</summary>
    public TextPiece Slice(int start, int length) => new(Text, Start + start, length);

    /// <summary>What a part of this piece stands for in the given text.</summary>
    public TextRange ToOriginal(int start, int end) => Text.ToOriginal(Start + start, Start + end);
}
