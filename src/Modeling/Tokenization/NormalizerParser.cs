namespace MLNetAttn.Modeling;

/// <summary>Reads <c>normalizer</c> of tokenizer.json.</summary>
internal static class NormalizerParser
{
    public static Normalizer? Parse(JsonFields? normalizer, string location)
    {
        if (normalizer is not { } fields)
            return null;
        string type = PartFields.Type(fields, "normalizer", location);
        return type switch
        {
            "NFC" => new NfcNormalizer(),
            "Prepend" => new PrependNormalizer(PartFields.Replacement(fields, "prepend", location)),
            "Replace" => new ReplaceNormalizer(PartFields.LiteralPattern(fields, "normalizer", location), PartFields.Replacement(fields, "content", location)),
            "Sequence" => new NormalizerSequence([.. PartFields.Steps(fields, "normalizers", location).Select(step => Parse(step, location)!)]),
            _ => throw PartFields.Unknown("normalizer", type, location),
        };
    }
}
