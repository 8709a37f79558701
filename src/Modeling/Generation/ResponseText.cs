using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>The text of a response while it is written: whole characters, without special tokens, up to a stop string.</summary>
/// <param name="tokenizer">Decodes.</param>
/// <param name="options">Has the stop strings; may be none.</param>
internal sealed class ResponseText(Tokenizer tokenizer, GenerationOptions options)
{
    private readonly StreamingDecoder _decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
    private readonly StopStringMatcher _matcher = new(options.StopStrings, options.IncludeStopString);
    private readonly StringBuilder _text = new();

    /// <summary>Whether a stop string ended it.</summary>
    public bool Stopped => _matcher.Stopped;

    /// <summary>A response that is complete.</summary>
    /// <param name="tokenizer">Decodes.</param>
    /// <param name="ids">The response.</param>
    /// <param name="options">What it was generated with.</param>
    public static ResponseText Of(Tokenizer tokenizer, int[] ids, GenerationOptions options)
    {
        var text = new ResponseText(tokenizer, options);
        for (int i = 0; i < ids.Length; i++) text.Append(ids[i], last: i == ids.Length - 1);
        return text;
    }

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
