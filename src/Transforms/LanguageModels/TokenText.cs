using System.Globalization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Token ids as text for people. From a model without tokenizer it is the ids in decimal.</summary>
internal static class TokenText
{
    /// <summary>The text of all tokens together, without special tokens.</summary>
    public static string Join(CausalLanguageModel model, int[] ids) =>
        model.HasTokenizer ? model.Tokenizer.Decode(ids, skipSpecialTokens: true) : string.Join(' ', ids.Select(Number));

    /// <summary>The text that each token adds; joined it is the decoded text, special tokens included. A token that ends inside a character adds nothing, the one that completes it adds the character.</summary>
    public static ReadOnlyMemory<char>[] Split(CausalLanguageModel model, int[] ids)
    {
        if (!model.HasTokenizer) return Array.ConvertAll(ids, id => Number(id).AsMemory());
        StreamingDecoder decoder = model.Tokenizer.CreateStreamingDecoder();
        string[] pieces = Array.ConvertAll(ids, decoder.Append);
        if (pieces.Length > 0) pieces[^1] += decoder.Flush();
        return Array.ConvertAll(pieces, piece => piece.AsMemory());
    }

    private static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);
}
