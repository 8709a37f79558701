namespace MLNetAttn.Modeling;

/// <summary>Collects the tokens of a text with their places in it.</summary>
internal sealed class TokenEncodingBuilder(TokenizerParts parts)
{
    private readonly List<int> _ids = [];
    private readonly List<string> _tokens = [];
    private readonly List<(int Start, int End)> _offsets = [];
    private readonly List<WordToken> _word = [];
    private bool _isFirst = true;

    /// <summary>Adds special tokens that stand for no text.</summary>
    public void AddTemplate(IReadOnlyList<TemplateToken> template)
    {
        foreach (TemplateToken token in template)
        {
            _ids.Add(token.Id);
            _tokens.Add(token.Token);
            _offsets.Add((0, 0));
        }
    }

    /// <summary>Adds an added token; with the white space it took it is the text that it was found as.</summary>
    public void AddAdded(AddedToken token, TextPiece piece) => Add(token.Id, piece.Span.ToString(), piece.ToOriginal(0, piece.Length));

    public void AddWord(TextPiece piece)
    {
        _word.Clear();
        parts.Model.Encode(piece.Span, _word);
        foreach (WordToken token in _word)
            Add(token.Id, parts.Model.Vocabulary.TokenOf(token.Id)!, piece.ToOriginal(token.Start, token.End));
    }

    public TokenEncoding Build() => new([.. _ids], [.. _tokens], [.. _offsets]);

    private void Add(int id, string token, TextRange range)
    {
        if (parts.PostProcessor.TrimOffsets)
            range = parts.PostProcessor.Trim(token, range, _isFirst);
        _isFirst = false;
        _ids.Add(id);
        _tokens.Add(token);
        _offsets.Add((range.Start, range.End));
    }
}
