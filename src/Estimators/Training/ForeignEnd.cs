using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>Tells where a tokenizer ends texts with a token at which its model does not stop.</summary>
internal static class ForeignEnd
{
    /// <summary>What a token that ends texts is, for a sentence that ends with it; null where the model stops at it.</summary>
    /// <param name="model">A model with a tokenizer, or one that stops at the token.</param>
    /// <param name="id">The token.</param>
    public static string? Of(CausalLanguageModel model, int id)
    {
        IReadOnlyList<int> known = model.GenerationConfig.EosTokenIds;
        return known.Contains(id)
            ? null
            : $"token {id} ('{model.Tokenizer.IdToToken(id)}'), which is none of those that the model stops at ({(known.Count == 0 ? "it names none" : string.Join(", ", known))})";
    }
}
