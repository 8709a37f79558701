namespace MLNetAttn.Modeling;

/// <summary>The tokens of a text, and where in the text each of them stands.</summary>
public sealed class TokenEncoding
{
    internal TokenEncoding(int[] ids, string[] tokens, (int Start, int End)[] offsets) => (Ids, Tokens, Offsets) = (ids, tokens, offsets);

    /// <summary>The token ids, <c>[T]</c>.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>The tokens as tokenizer.json writes them, <c>[T]</c>: in byte-level vocabularies Ġ stands for a space, in SentencePiece's ▁ does.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>
    /// For each token the UTF-16 units <c>[Start, End)</c> of the text that it stands for, <c>[T]</c>, so that
    /// <c>text[Start..End]</c> is its text. Tokens that are bytes of one character all have that character's; special tokens that the
    /// tokenizer adds have <c>(0, 0)</c>.
    /// </summary>
    public IReadOnlyList<(int Start, int End)> Offsets { get; }
}
