using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Unicode normalization form C.</summary>
internal sealed class NfcNormalizer : Normalizer
{
    private const char FirstThatMayChange = '\u0300';

    public override TextPiece Normalize(TextPiece piece)
    {
        ReadOnlySpan<char> text = piece.Span;
        int first = text.IndexOfAnyInRange(FirstThatMayChange, char.MaxValue);
        if (first < 0 || IsInert(text[first..]))
            return piece;
        List<Part> parts = Decompose(text);
        Order(parts);
        Compose(parts);
        TextPiece normalized = Write(piece, parts);
        return normalized.Span.SequenceEqual(text) ? piece : normalized;
    }

    private static bool IsInert(ReadOnlySpan<char> text)
    {
        for (int position = 0; position < text.Length;)
        {
            if (!CanonicalComposition.IsInert(CodePoint.At(text, position, out int length)))
                return false;
            position += length;
        }
        return true;
    }

    private static List<Part> Decompose(ReadOnlySpan<char> text)
    {
        List<Part> parts = new(text.Length + 8);
        List<int> decomposed = [];
        for (int start = 0; start < text.Length;)
        {
            int codePoint = CodePoint.At(text, start, out int length);
            decomposed.Clear();
            CanonicalComposition.Decompose(codePoint, decomposed);
            foreach (int part in decomposed)
                parts.Add(new Part(part, CanonicalComposition.ClassOf(part), start, start + length));
            start += length;
        }
        return parts;
    }

    /// <summary>Sorts each run of combining marks by class; marks of one class keep their order. Marks that change places stand for the whole run.</summary>
    private static void Order(List<Part> parts)
    {
        for (int start = 0; start < parts.Count; start++)
        {
            int end = start;
            bool ordered = true;
            for (; end < parts.Count && parts[end].Class != 0; end++)
                ordered &= end == start || parts[end - 1].Class <= parts[end].Class;
            if (!ordered)
            {
                (int from, int to) = (parts[start].Start, parts[end - 1].End);
                Part[] sorted = [.. parts.GetRange(start, end - start).OrderBy(part => part.Class)];
                for (int index = 0; index < sorted.Length; index++)
                    parts[start + index] = sorted[index] with { Start = from, End = to };
            }
            start = end;
        }
    }

    private static void Compose(List<Part> parts)
    {
        int count = 0;
        int starter = -1;
        int previousClass = -1;
        foreach (Part part in parts.ToArray())
        {
            // A mark composes with the starter before it unless another mark of its class, or a starter, stands between.
            bool reaches = starter >= 0 && (previousClass < part.Class || previousClass == -1);
            int composed = reaches ? CanonicalComposition.Compose(parts[starter].CodePoint, part.CodePoint) : -1;
            if (composed >= 0)
            {
                parts[starter] = parts[starter] with { CodePoint = composed };
                for (int index = starter; index < count; index++)
                    parts[index] = parts[index] with { End = Math.Max(parts[index].End, part.End) };
                continue;
            }
            if (part.Class == 0)
                (starter, previousClass) = (count, -1);
            else
                previousClass = part.Class;
            parts[count++] = part;
        }
        parts.RemoveRange(count, parts.Count - count);
    }

    private static TextPiece Write(TextPiece piece, List<Part> parts)
    {
        AlignedTextBuilder builder = new(piece);
        Span<char> units = stackalloc char[2];
        foreach (Part part in parts)
        {
            Rune rune = new(part.CodePoint);
            builder.Write(units[..rune.EncodeToUtf16(units)], part.Start, part.End);
        }
        return builder.ToPiece();
    }

    /// <summary>A code point, and the units of the text that it comes from.</summary>
    private readonly record struct Part(int CodePoint, int Class, int Start, int End);
}
