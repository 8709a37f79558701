using System.Buffers;

namespace MLNetAttn.Modeling;

/// <summary>A part of a text that is an added token, or, without one, text between them.</summary>
internal readonly record struct AddedTokenPart(TextPiece Piece, AddedToken? Token);

/// <summary>Finds added tokens in text: the leftmost, of those the longest, then on behind it.</summary>
internal sealed class AddedTokenSplitter
{
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _tokens;
    private readonly SearchValues<string> _forms;
    private readonly int[] _lengths;

    public AddedTokenSplitter(IEnumerable<AddedToken> tokens)
    {
        Dictionary<string, AddedToken> byForm = new(StringComparer.Ordinal);
        foreach (AddedToken token in tokens)
            byForm[token.Form] = token;
        _tokens = byForm.GetAlternateLookup<ReadOnlySpan<char>>();
        _forms = SearchValues.Create([.. byForm.Keys], StringComparison.Ordinal);
        _lengths = [.. byForm.Keys.Select(form => form.Length).Distinct().OrderDescending()];
    }

    /// <summary>Adds the parts of a piece in order, none of them empty.</summary>
    /// <param name="piece">What is searched.</param>
    /// <param name="allowSpecial">Whether special tokens are found; else they are text like any other.</param>
    /// <param name="parts">Takes the parts.</param>
    public void Split(TextPiece piece, bool allowSpecial, List<AddedTokenPart> parts)
    {
        ReadOnlySpan<char> text = piece.Span;
        int done = 0;
        int search = 0;
        while (_lengths.Length > 0 && text[search..].IndexOfAny(_forms) is var found and >= 0)
        {
            int start = search + found;
            AddedToken token = LongestAt(text[start..]);
            int end = start + token.Form.Length;
            // What is passed over here is passed over whole: no shorter token is looked for inside.
            search = end;
            if ((token.Special && !allowSpecial) || (token.SingleWord && !IsSingleWord(text, start, end)))
                continue;
            if (token.StripLeft)
                start = WhiteSpaceBefore(text, start, done);
            if (token.StripRight)
                end = WhiteSpaceAfter(text, end);
            if (done < start)
                parts.Add(new AddedTokenPart(piece.Slice(done, start - done), null));
            if (start < end)
                parts.Add(new AddedTokenPart(piece.Slice(start, end - start), token));
            done = end;
        }
        if (done < text.Length)
            parts.Add(new AddedTokenPart(piece.Slice(done, text.Length - done), null));
    }

    private AddedToken LongestAt(ReadOnlySpan<char> text)
    {
        foreach (int length in _lengths)
            if (length <= text.Length && _tokens.TryGetValue(text[..length], out AddedToken? token))
                return token;
        throw new InvalidOperationException("A search for added tokens found none of them.");
    }

    private static bool IsSingleWord(ReadOnlySpan<char> text, int start, int end) =>
        (start == 0 || !CodePointSet.Word.Contains(CodePoint.At(text, start - CodePoint.LengthBefore(text, start), out _))) &&
        (end == text.Length || !CodePointSet.Word.Contains(CodePoint.At(text, end, out _)));

    private static int WhiteSpaceBefore(ReadOnlySpan<char> text, int start, int limit)
    {
        while (start > limit && char.IsWhiteSpace(text[start - 1]))
            start--;
        return start;
    }

    private static int WhiteSpaceAfter(ReadOnlySpan<char> text, int end)
    {
        while (end < text.Length && char.IsWhiteSpace(text[end]))
            end++;
        return end;
    }
}
