using System.Globalization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Token ids as text for people. From a model without tokenizer it is the ids in decimal.</summary>
internal static class TokenText
{
    /// <summary>The text of all tokens together, without special tokens.</summary>
    public static string Join(CausalLanguageModel model, int[] ids) =>
        model.HasTokenizer ? model.Tokenizer.Decode(ids, skipSpecialTokens: true) : string.Join(' ', ids.Select(Number));

    /// <summary>The text that each token adds; joined it is the decoded text. A token that ends inside a character adds nothing, the one that completes it adds the character.</summary>
    /// <param name="model">Gives tokens their text.</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="skipSpecialTokens">Whether special tokens add nothing, as in <see cref="Join"/>.</param>
    public static ReadOnlyMemory<char>[] Split(CausalLanguageModel model, int[] ids, bool skipSpecialTokens = false)
    {
        if (!model.HasTokenizer) return Array.ConvertAll(ids, id => Number(id).AsMemory());
        StreamingDecoder decoder = model.Tokenizer.CreateStreamingDecoder(skipSpecialTokens);
        string[] pieces = Array.ConvertAll(ids, decoder.Append);
        if (pieces.Length > 0) pieces[^1] += decoder.Flush();
        return Array.ConvertAll(pieces, piece => piece.AsMemory());
    }

    private static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);
}
