using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>The text of a response while it is written: whole characters, without special tokens, up to a stop string.</summary>
/// <param name="tokenizer">Decodes.</param>
/// <param name="stops">Stop strings; may be none.</param>
internal sealed class ResponseText(Tokenizer tokenizer, IReadOnlyList<string> stops)
{
    private readonly StreamingDecoder _decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
    private readonly StopStringMatcher _matcher = new(stops);
    private readonly StringBuilder _text = new();

    /// <summary>Whether a stop string ended it.</summary>
    public bool Stopped => _matcher.Stopped;

    /// <summary>Takes the next token.</summary>
    /// <param name="id">The token.</param>
    /// <param name="last">Whether none follows, so that nothing need be held back.</param>
    /// <returns>The text that is now certain.</returns>
    public string Append(int id, bool last)
    {
        string piece = _matcher.Append(_decoder.Append(id));
        if (last) piece += _matcher.Append(_decoder.Flush()) + _matcher.Flush();
        _text.Append(piece);
        return piece;
    }

    /// <summary>All text so far.</summary>
    public override string ToString() => _text.ToString();
}
