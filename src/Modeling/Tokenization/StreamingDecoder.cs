namespace MLNetAttn.Modeling;

/// <summary>
/// Turns tokens into text as they come. Text is held back until it ends in a whole character, so that half a character is never shown;
/// what was given out is never taken back. Made by <see cref="Tokenizer.CreateStreamingDecoder"/>; not safe for several threads.
/// </summary>
/// <remarks>
/// <para>
/// The texts are those of <c>DecodeStream</c> in Hugging Face's <c>tokenizers</c>. Joined, and with <see cref="Flush"/>, they are what
/// <see cref="Tokenizer.Decode"/> gives for all ids. One exception: byte-fallback tokens that turn a character already given out into invalid UTF-8
/// (there the reference stops with an error) are decoded from that token on, on their own.
/// </para>
/// <para>A token takes the same time however much text there is, or is held back. For that, a character behind three or more U+FFFD may come a token late
/// where all of them were spelled in byte-fallback tokens.</para>
/// </remarks>
public sealed class StreamingDecoder
{
    // More than a character has bytes. No multiple of 2, 3 or 4: a run of byte-fallback tokens is text as a whole or not at all, and where it is not, a tail
    // that begins within a character is none either.
    private const int TailLength = 7;

    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;

    // The ids of the text given out last, which decide how the next ones join it, then those not given out yet.
    private List<int> _window = [];
    private int _known;
    private string _knownText = "";

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens) => (_tokenizer, _skipSpecialTokens) = (tokenizer, skipSpecialTokens);

    /// <summary>Takes the next token.</summary>
    /// <param name="id">The token's id; one that the tokenizer does not have adds nothing.</param>
    /// <returns>The text that is now certain, or the empty text.</returns>
    public string Append(int id)
    {
        if (_tokenizer.PieceOf(id, _skipSpecialTokens) is null) return "";
        _window.Add(id);
        // Bytes that are no characters may go on for long. The last tokens alone tell whether the last of them may still become one.
        if (_window.Count - _known > TailLength && EndsInPart(Decode(_window[^TailLength..]))) return "";
        string text = Decode(_window);
        if (EndsInPart(text) || text.Length <= _knownText.Length)
        {
            // Nothing was given out yet of tokens that decode to nothing; they still decide how the next ones join them.
            if (_knownText.Length == 0 && !EndsInPart(text))
                _known = _window.Count;
            return "";
        }
        string added = text.StartsWith(_knownText, StringComparison.Ordinal) ? text[_knownText.Length..] : Decode(_window[_known..]);
        _window = _window[_known..];
        _known = _window.Count;
        _knownText = Decode(_window);
        return added;
    }

    /// <summary>Ends the stream: gives out what was held back, with U+FFFD for bytes that are no character. The decoder can then be used anew.</summary>
    public string Flush()
    {
        string text = Decode(_window);
        string rest = text.StartsWith(_knownText, StringComparison.Ordinal) ? text[_knownText.Length..] : Decode(_window[_known..]);
        (_window, _known, _knownText) = ([], 0, "");
        return rest;
    }

    private string Decode(List<int> ids) => _tokenizer.Decode([.. ids], _skipSpecialTokens);

    /// <summary>Bytes that may still become a character decode to U+FFFD for the time being.</summary>
    private static bool EndsInPart(string text) => text.EndsWith((char)CodePoint.Replacement);
}
