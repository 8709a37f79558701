namespace MLNetAttn.Modeling;

/// <summary>A step that changes text before it is split: Unicode normalization, or marks in the place of spaces.</summary>
internal abstract class Normalizer
{
    /// <summary>The changed text, or the very same piece when nothing changes.</summary>
    public abstract TextPiece Normalize(TextPiece piece);

    /// <summary>The changed form of a text of its own.</summary>
    public string Normalize(string text) => new(Normalize(new TextPiece(new AlignedText(text))).Span);
}

/// <summary>Several normalizers, one after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override TextPiece Normalize(TextPiece piece)
    {
        foreach (Normalizer step in steps)
            piece = step.Normalize(piece);
        return piece;
    }
}

/// <summary>Puts a mark before every piece that is not empty; the mark stands for the character after it.</summary>
internal sealed class PrependNormalizer(string mark) : Normalizer
{
    public override TextPiece Normalize(TextPiece piece)
    {
        if (piece.Length == 0 || mark.Length == 0)
            return piece;
        AlignedTextBuilder builder = new(piece);
        CodePoint.At(piece.Span, 0, out int first);
        builder.Write(mark, 0, first);
        builder.Copy(0, piece.Length);
        return builder.ToPiece();
    }
}

/// <summary>Replaces every occurrence of a text; what replaces it stands for the occurrence's last character.</summary>
internal sealed class ReplaceNormalizer(string pattern, string content) : Normalizer
{
    public override TextPiece Normalize(TextPiece piece)
    {
        ReadOnlySpan<char> text = piece.Span;
        int next = text.IndexOf(pattern, StringComparison.Ordinal);
        if (next < 0)
            return piece;
        AlignedTextBuilder builder = new(piece);
        int done = 0;
        for (; next >= 0; next = text[done..].IndexOf(pattern, StringComparison.Ordinal))
        {
            int start = done + next;
            int end = start + pattern.Length;
            builder.Copy(done, start);
            builder.Write(content, end - CodePoint.LengthBefore(text, end), end);
            done = end;
        }
        builder.Copy(done, text.Length);
        return builder.ToPiece();
    }
}
