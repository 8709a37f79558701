using System.Globalization;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>A step from tokens back to text: it changes, joins or splits the pieces of text it is given.</summary>
internal abstract class TokenDecoder
{
    public abstract List<string> Decode(List<string> pieces);
}

/// <summary>Several decoders, one after the other.</summary>
internal sealed class DecoderSequence(IReadOnlyList<TokenDecoder> steps) : TokenDecoder
{
    // Rules of a file that make a text grow and grow again end here.
    private const int GrowthLimit = 32;
    private const int FreeGrowth = 1 << 16;

    public override List<string> Decode(List<string> pieces)
    {
        long limit = (GrowthLimit * pieces.Sum(piece => (long)piece.Length)) + FreeGrowth;
        foreach (TokenDecoder step in steps)
        {
            pieces = step.Decode(pieces);
            if (pieces.Sum(piece => (long)piece.Length) > limit)
                throw new InvalidDataException($"The tokenizer's decoder makes more than {limit} characters of {pieces.Count} tokens.");
        }
        return pieces;
    }
}

/// <summary>Joins all pieces into one.</summary>
internal sealed class FuseDecoder : TokenDecoder
{
    public override List<string> Decode(List<string> pieces) => [string.Concat(pieces)];
}

/// <summary>Turns the symbols of <see cref="ByteAlphabet"/> back into bytes, and the bytes of all pieces together into text.</summary>
internal sealed class ByteLevelDecoder : TokenDecoder
{
    public override List<string> Decode(List<string> pieces)
    {
        List<byte> bytes = new(pieces.Count * 4);
        foreach (string piece in pieces)
        {
            // An added token may hold other characters: then it stands for itself.
            if (piece.All(symbol => ByteAlphabet.ByteOf(symbol) >= 0))
                foreach (char symbol in piece)
                    bytes.Add((byte)ByteAlphabet.ByteOf(symbol));
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(piece));
        }
        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary>Turns runs of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> into text; a run that is no UTF-8 as a whole becomes one U+FFFD a byte.</summary>
internal sealed class ByteFallbackDecoder : TokenDecoder
{
    public override List<string> Decode(List<string> pieces)
    {
        List<string> decoded = new(pieces.Count);
        List<byte> run = [];
        foreach (string piece in pieces)
        {
            if (ByteOf(piece) is { } value)
            {
                run.Add(value);
                continue;
            }
            EndRun(run, decoded);
            decoded.Add(piece);
        }
        EndRun(run, decoded);
        return decoded;
    }

    private static byte? ByteOf(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>' &&
        byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : null;

    private static void EndRun(List<byte> run, List<string> decoded)
    {
        if (run.Count == 0)
            return;
        byte[] bytes = [.. run];
        decoded.Add(System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : new string((char)CodePoint.Replacement, bytes.Length));
        run.Clear();
    }
}

/// <summary>Replaces every occurrence of a text inside each piece.</summary>
internal sealed class ReplaceDecoder(string pattern, string content) : TokenDecoder
{
    public override List<string> Decode(List<string> pieces) => pieces.ConvertAll(piece => piece.Replace(pattern, content, StringComparison.Ordinal));
}

/// <summary>Removes up to a number of one character from the beginning and the end of each piece.</summary>
internal sealed class StripDecoder(char content, int fromStart, int fromEnd) : TokenDecoder
{
    public override List<string> Decode(List<string> pieces) => pieces.ConvertAll(piece =>
    {
        int start = 0;
        while (start < fromStart && start < piece.Length && piece[start] == content)
            start++;
        int end = piece.Length;
        while (piece.Length - end < fromEnd && end > start && piece[end - 1] == content)
            end--;
        return piece[start..end];
    });
}

/// <summary>Turns marks (▁) back into spaces; with <paramref name="dropsFirst"/> those of the first piece vanish.</summary>
internal sealed class MetaspaceDecoder(char mark, bool dropsFirst) : TokenDecoder
{
    public override List<string> Decode(List<string> pieces) =>
        [.. pieces.Select((piece, index) => piece.Replace(mark.ToString(), index == 0 && dropsFirst ? "" : " ", StringComparison.Ordinal))];
}
