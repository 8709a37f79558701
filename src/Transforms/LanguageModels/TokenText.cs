using System.Globalization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Token ids as text for people. From a model without tokenizer it is the ids in decimal.</summary>
internal static class TokenText
{
    /// <summary>The text of all tokens together, without special tokens.</summary>
    public static string Join(CausalLanguageModel model, int[] ids) =>
        model.HasTokenizer ? model.Tokenizer.Decode(ids, skipSpecialTokens: true) : string.Join(' ', ids.Select(Number));

    /// <summary>The text that each token adds; joined it is the decoded text. A token that ends inside a character adds nothing, the one that completes it adds
    /// the character.</summary>
    /// <param name="model">Gives tokens their text.</param>
    /// <param name="ids">The tokens.</param>
    public static ReadOnlyMemory<char>[] Split(CausalLanguageModel model, int[] ids) => Array.ConvertAll(
        model.HasTokenizer ? Pieces(model.Tokenizer, ids, skipSpecialTokens: false) : Array.ConvertAll(ids, Number), piece => piece.AsMemory());

    /// <summary>What each token adds to what <see cref="Join"/> says: special tokens nothing, and an id in decimal the blank before it.</summary>
    public static string[] Parts(CausalLanguageModel model, int[] ids) =>
        model.HasTokenizer ? Pieces(model.Tokenizer, ids, skipSpecialTokens: true) : [.. ids.Select((id, i) => i == 0 ? Number(id) : $" {Number(id)}")];

    private static string[] Pieces(Tokenizer tokenizer, int[] ids, bool skipSpecialTokens)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens);
        string[] pieces = Array.ConvertAll(ids, decoder.Append);
        if (pieces.Length > 0) pieces[^1] += decoder.Flush();
        return pieces;
    }

    private static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);
}
