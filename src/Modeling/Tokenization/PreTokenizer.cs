namespace MLNetAttn.Modeling;

/// <summary>Splits text into the pieces that the model tokenizes each on its own.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Adds the parts of a piece that is not empty, in order.</summary>
    public abstract void Split(TextPiece piece, List<TextPiece> parts);
}

/// <summary>Several splits, each of the parts that the one before left.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override void Split(TextPiece piece, List<TextPiece> parts)
    {
        List<TextPiece> current = [piece];
        for (int index = 0; index < steps.Count - 1; index++)
        {
            List<TextPiece> next = new(piece.Length / 4 + 4);
            foreach (TextPiece part in current)
                steps[index].Split(part, next);
            current = next;
        }
        foreach (TextPiece part in current)
            steps[^1].Split(part, parts);
    }
}

/// <summary>Begins each piece with a space, unless it has one; then splits it further, if at all.</summary>
internal sealed class PrefixSpacePreTokenizer(PreTokenizer? then) : PreTokenizer
{
    private static readonly PrependNormalizer Space = new(" ");

    public override void Split(TextPiece piece, List<TextPiece> parts)
    {
        TextPiece spaced = piece.Span[0] == ' ' ? piece : Space.Normalize(piece);
        if (then is null)
            parts.Add(spaced);
        else
            then.Split(spaced, parts);
    }
}
