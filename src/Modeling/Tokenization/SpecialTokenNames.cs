using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>The tokens that a checkpoint names by their purpose: in tokenizer_config.json, or in special_tokens_map.json where that is silent.</summary>
internal sealed class SpecialTokenNames
{
    private readonly List<(JsonFields Fields, string Location)> _files = [];

    /// <param name="find">A file's bytes, or null where it is absent.</param>
    /// <param name="locate">How a file is named in messages.</param>
    /// <exception cref="InvalidDataException">A file is no JSON object.</exception>
    public SpecialTokenNames(Func<string, byte[]?> find, Func<string, string> locate)
    {
        foreach (string file in (string[])[TokenizerFiles.Config, TokenizerFiles.SpecialTokensMap])
            if (find(file) is { } bytes) _files.Add((JsonFields.Parse(bytes, locate(file)), locate(file)));
    }

    /// <summary>The token of a purpose, such as bos_token, and the file that names it; null where none does, or the first to speak of it says that there is
    /// none.</summary>
    /// <exception cref="InvalidDataException">The name is no text.</exception>
    public (string Token, string Location)? Find(string purpose)
    {
        foreach ((JsonFields fields, string location) in _files)
            if (fields.Has(purpose)) return Text(fields, purpose) is { } token ? (token, location) : null;
        return null;
    }

    /// <summary>Older files write a token with its settings, newer ones its text alone.</summary>
    private static string? Text(JsonFields fields, string purpose) => fields.Element.GetProperty(purpose).ValueKind == JsonValueKind.Object
        ? fields.Object(purpose)!.Value.Text("content")
        : fields.Text(purpose);
}
