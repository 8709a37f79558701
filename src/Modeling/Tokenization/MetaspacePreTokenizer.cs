namespace MLNetAttn.Modeling;

/// <summary>Which pieces get a mark in front that have none.</summary>
internal enum MetaspacePrepend
{
    Never,
    First,
    Always,
}

/// <summary>SentencePiece's way with spaces: each becomes a mark (▁), and a piece may begin at every mark.</summary>
internal sealed class MetaspacePreTokenizer(char mark, MetaspacePrepend prepend, bool split) : PreTokenizer
{
    private readonly ReplaceNormalizer _spaces = new(" ", mark.ToString());
    private readonly PrependNormalizer _mark = new(mark.ToString());
    private readonly SplitPreTokenizer? _splitter =
        split ? new SplitPreTokenizer(SplitPattern.Literal(mark.ToString()), SplitBehavior.MergedWithNext, invert: false) : null;

    public override void Split(TextPiece piece, List<TextPiece> parts)
    {
        bool first = piece.ToOriginal(0, 1).Start == 0;
        piece = _spaces.Normalize(piece);
        if (piece.Span[0] != mark && (prepend == MetaspacePrepend.Always || (prepend == MetaspacePrepend.First && first)))
            piece = _mark.Normalize(piece);
        if (_splitter is null)
            parts.Add(piece);
        else
            _splitter.Split(piece, parts);
    }
}
