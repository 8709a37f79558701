using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>The tokens that tokenizer_config.json names by their purpose.</summary>
/// <remarks>
/// Many folders name a padding or unknown token that was never made: transformers adds it, with an id beyond the model's embedding. Nothing
/// needs these two, so then there are none; a text's beginning and end are needed.
/// </remarks>
internal readonly record struct SpecialTokenIds(int? Bos, int? Eos, int? Pad, int? Unknown)
{
    /// <exception cref="InvalidDataException">A name is no text, or the beginning or end is no token.</exception>
    public static SpecialTokenIds Read(TokenizerFiles files, Func<string, int?> tokenToId)
    {
        if (files.Find(TokenizerFiles.Config) is not { } bytes)
            return default;
        JsonFields config = JsonFields.Parse(bytes, files.PathOf(TokenizerFiles.Config));
        return new SpecialTokenIds(Require("bos_token"), Require("eos_token"), Find("pad_token").Id, Find("unk_token").Id);

        int? Require(string key) => Find(key) is var (token, id) && (token is null || id is not null) ? id : throw new InvalidDataException(
            $"{files.PathOf(TokenizerFiles.Config)}: '{key}' is '{token}', a token that {TokenizerFiles.Definition} does not have.");

        (string? Token, int? Id) Find(string key)
        {
            // Older files write the token with its settings, newer ones its text alone.
            bool isObject = config.IsSet(key) && config.Element.GetProperty(key).ValueKind == JsonValueKind.Object;
            string? token = isObject ? config.Object(key)!.Value.Text("content") : config.Text(key);
            return (token, token is null ? null : tokenToId(token));
        }
    }
}
