namespace MLNetAttn.Modeling;

/// <summary>The tokens that tokenizer_config.json or special_tokens_map.json names by their purpose.</summary>
/// <remarks>
/// Many folders name a padding or unknown token that was never made: transformers adds it, with an id beyond the model's embedding. Nothing
/// needs these two, so then there are none; a text's beginning and end are needed.
/// </remarks>
internal readonly record struct SpecialTokenIds(int? Bos, int? Eos, int? Pad, int? Unknown)
{
    /// <exception cref="InvalidDataException">A name is no text, or the beginning or end is no token.</exception>
    public static SpecialTokenIds Read(TokenizerFiles files, Func<string, int?> tokenToId)
    {
        SpecialTokenNames names = new(files.Find, files.PathOf);
        return new SpecialTokenIds(Require("bos_token"), Require("eos_token"), Find("pad_token"), Find("unk_token"));

        int? Require(string purpose) => names.Find(purpose) is not var (token, location) ? null
            : tokenToId(token) ?? throw new InvalidDataException(
                $"{location}: '{purpose}' is '{token}', a token that {TokenizerFiles.Definition} does not have.");

        int? Find(string purpose) => names.Find(purpose) is var (token, _) ? tokenToId(token) : null;
    }
}
