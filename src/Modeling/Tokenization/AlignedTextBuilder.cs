using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Writes the changed form of a piece of text, together with what each unit stands for.</summary>
internal sealed class AlignedTextBuilder(TextPiece source)
{
    // Rules of a file that make a text grow and grow again end here.
    private const int GrowthLimit = 32;
    private const int FreeGrowth = 1 << 16;

    private readonly long _limit = (GrowthLimit * (long)source.Text.OriginalLength) + FreeGrowth;
    private readonly StringBuilder _text = new(source.Length + 8);
    private readonly List<TextRange> _ranges = new(source.Length + 8);

    /// <summary>Copies units <c>[start, end)</c> of the source.</summary>
    public void Copy(int start, int end)
    {
        Reserve(end - start);
        _text.Append(source.Span[start..end]);
        for (int index = start; index < end; index++)
            _ranges.Add(source.ToOriginal(index, index + 1));
    }

    /// <summary>Writes text that stands for units <c>[start, end)</c> of the source.</summary>
    public void Write(ReadOnlySpan<char> text, int start, int end)
    {
        Reserve(text.Length);
        _text.Append(text);
        TextRange range = source.ToOriginal(start, end);
        for (int index = 0; index < text.Length; index++)
            _ranges.Add(range);
    }

    public TextPiece ToPiece() => new(new AlignedText(_text.ToString(), [.. _ranges], source.Text.OriginalLength));

    private void Reserve(int length)
    {
        if (_text.Length + length > _limit)
            throw new InvalidDataException($"The tokenizer's normalizer makes more than {_limit} characters of a text of {source.Text.OriginalLength}.");
    }
}
