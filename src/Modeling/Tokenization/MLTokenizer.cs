using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace MLNetAttn.Modeling;

/// <summary>A Hugging Face tokenizer as the type that Microsoft's libraries take: Microsoft.ML.Tokenizers' abstract one.</summary>
/// <param name="tokenizer">Does the work.</param>
/// <param name="addSpecialTokens">As for <see cref="Tokenizer.Encode"/>.</param>
/// <param name="allowSpecialTokens">Likewise.</param>
/// <remarks>Normalization and pre-tokenization are parts of tokenizer.json: settings that would switch them off are refused. Offsets are those in the text as
/// given.</remarks>
internal sealed class MLTokenizer(Tokenizer tokenizer, bool addSpecialTokens, bool allowSpecialTokens) : Microsoft.ML.Tokenizers.Tokenizer
{
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        Check(settings);
        text ??= textSpan.ToString();
        TokenEncoding encoding = tokenizer.EncodeWithOffsets(text, addSpecialTokens, allowSpecialTokens);
        int count = Math.Min(encoding.Ids.Count, settings.MaxTokenCount);
        EncodedToken[] tokens = [.. Enumerable.Range(0, count).Select(i =>
            new EncodedToken(encoding.Ids[i], encoding.Tokens[i], encoding.Offsets[i].Start..encoding.Offsets[i].End))];
        int consumed = count == encoding.Ids.Count ? text.Length : tokens.Select(token => token.Offset.End.Value).DefaultIfEmpty().Max();
        return new EncodeResults<EncodedToken> { Tokens = tokens, CharsConsumed = consumed };
    }

    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        text ??= textSpan.ToString();
        if (settings.MaxTokenCount < int.MaxValue)
        {
            EncodeResults<EncodedToken> some = EncodeToTokens(text, textSpan, settings);
            return new EncodeResults<int> { Tokens = [.. some.Tokens.Select(token => token.Id)], CharsConsumed = some.CharsConsumed };
        }
        Check(settings);
        return new EncodeResults<int> { Tokens = tokenizer.Encode(text, addSpecialTokens, allowSpecialTokens), CharsConsumed = text.Length };
    }

    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        EncodeToIds(text, textSpan, settings).Tokens.Count;

    public override string Decode(IEnumerable<int> ids) => tokenizer.Decode([.. ids], skipSpecialTokens: addSpecialTokens);

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        int[] all = [.. ids];
        string text = tokenizer.Decode(all, skipSpecialTokens: addSpecialTokens);
        bool fits = text.TryCopyTo(destination);
        (idsConsumed, charsWritten) = fits ? (all.Length, text.Length) : (0, 0);
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    private static void Check(EncodeSettings settings)
    {
        if (!settings.ConsiderNormalization || !settings.ConsiderPreTokenization)
            throw new NotSupportedException(
                "A Hugging Face tokenizer's normalization and pre-tokenization are parts of it: considerNormalization and considerPreTokenization must be true.");
    }
}
