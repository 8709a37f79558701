namespace MLNetAttn.Modeling;

/// <summary>Reads <c>decoder</c> of tokenizer.json.</summary>
internal static class TokenDecoderParser
{
    public static TokenDecoder? Parse(JsonFields? decoder, string location)
    {
        if (decoder is not { } fields)
            return null;
        string type = PartFields.Type(fields, "decoder", location);
        return type switch
        {
            "ByteLevel" => new ByteLevelDecoder(),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Replace" => new ReplaceDecoder(PartFields.LiteralPattern(fields, "decoder", location), PartFields.Replacement(fields, "content", location)),
            "Strip" => new StripDecoder(
                PartFields.RequiredCharacter(fields, "content", location), Count(fields, "start", location), Count(fields, "stop", location)),
            "Metaspace" => new MetaspaceDecoder(
                PartFields.RequiredCharacter(fields, "replacement", location), PreTokenizerParser.PrependOf(fields, location) != MetaspacePrepend.Never),
            "Sequence" => new DecoderSequence([.. PartFields.Steps(fields, "decoders", location).Select(step => Parse(step, location)!)]),
            _ => throw PartFields.Unknown("decoder", type, location),
        };
    }

    private static int Count(JsonFields fields, string key, string location) =>
        fields.RequiredInteger(key) is var count and >= 0 ? count : throw new InvalidDataException($"{location}: '{key}' of Strip is negative.");
}
