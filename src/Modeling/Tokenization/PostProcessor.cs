namespace MLNetAttn.Modeling;

/// <summary>What is done with the tokens of a text: special tokens around them, spaces left out of their offsets.</summary>
internal sealed class PostProcessor
{
    /// <summary>Special tokens that begin every text.</summary>
    public IReadOnlyList<TemplateToken> Before { get; init; } = [];

    /// <summary>Special tokens that end every text.</summary>
    public IReadOnlyList<TemplateToken> After { get; init; } = [];

    /// <summary>Whether offsets leave out the white space at the ends of a token.</summary>
    public bool TrimOffsets { get; init; }

    /// <summary>With <see cref="TrimOffsets"/>, whether a single space before the first token counts as put there by the tokenizer, and stays.</summary>
    public bool KeepsPrefixSpace { get; init; }

    /// <summary>The offsets of a token without the white space at its ends.</summary>
    public TextRange Trim(string token, TextRange range, bool isFirst)
    {
        (int start, int end) = range;
        int leading = CountSpaces(token, fromEnd: false);
        int trailing = CountSpaces(token, fromEnd: true);
        if (leading == 1 && KeepsPrefixSpace && (isFirst || start == 0))
            leading = 0;
        start = Math.Min(start + leading, end);
        if (trailing > 0 && end >= trailing)
            end = Math.Max(end - trailing, start);
        return new TextRange(start, end);
    }

    private static int CountSpaces(string token, bool fromEnd)
    {
        int count = 0;
        while (count < token.Length && IsSpace(token[fromEnd ? ^(count + 1) : count]))
            count++;
        return count;
    }

    private static bool IsSpace(char unit) => unit == ByteAlphabet.SymbolOf((byte)' ') || char.IsWhiteSpace(unit);
}

/// <summary>A special token that a template puts beside a text.</summary>
internal readonly record struct TemplateToken(int Id, string Token);
