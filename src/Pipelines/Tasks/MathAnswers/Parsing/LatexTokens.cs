namespace MLNetAttn.Pipelines;

/// <summary>A position in the tokens of a formula.</summary>
internal sealed class LatexTokens(IReadOnlyList<LatexToken> tokens)
{
    private int _position;

    public LatexToken Current => tokens[_position];

    /// <summary>The token after the current one.</summary>
    public LatexToken Following => Peek(1);

    /// <summary>The token so many after the current one.</summary>
    public LatexToken Peek(int distance) => tokens[Math.Min(_position + distance, tokens.Count - 1)];

    public bool Is(LatexTokenKind kind) => Current.Kind == kind;

    public bool Is(LatexTokenKind kind, string text) => Current.Kind == kind && Current.Text == text;

    /// <summary>Takes the current token.</summary>
    public LatexToken Advance()
    {
        LatexToken current = Current;
        _position = Math.Min(_position + 1, tokens.Count - 1);
        return current;
    }

    /// <summary>Takes the current token if it is one of these.</summary>
    public bool Skip(LatexTokenKind kind)
    {
        bool found = Is(kind);
        if (found)
            Advance();
        return found;
    }

    /// <summary>Takes the current token if it is this one.</summary>
    public bool Skip(LatexTokenKind kind, string text)
    {
        bool found = Is(kind, text);
        if (found)
            Advance();
        return found;
    }

    /// <summary>Goes back to the first token.</summary>
    public void Restart() => _position = 0;
}
