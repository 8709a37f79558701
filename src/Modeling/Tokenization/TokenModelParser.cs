namespace MLNetAttn.Modeling;

/// <summary>Reads <c>model</c> of tokenizer.json: how words become tokens, and what becomes of unknown text.</summary>
internal static class TokenModelParser
{
    public static TokenModel Parse(TokenizerDefinition definition, bool byteLevel)
    {
        string location = definition.Location;
        JsonFields model = definition.Fields.Object("model")
            ?? throw new InvalidDataException($"{location}: 'model' is missing; expected the object that holds the vocabulary.");
        // Files from before there was a type are byte-pair encodings if they have merges.
        string type = model.Text("type") ?? (model.Has("merges") ? "BPE" : throw new InvalidDataException($"{location}: 'model.type' is missing."));
        return type switch
        {
            "BPE" => Bpe(definition, model, byteLevel),
            "WordLevel" when byteLevel => throw PartFields.Unknown("pre-tokenizer before WordLevel", "ByteLevel", location),
            "WordLevel" => new WordLevelModel(VocabularyReader.ReadVocabulary(definition), model.Text("unk_token") ?? "<unk>"),
            _ => throw PartFields.Unknown("model", type, location),
        };
    }

    private static BpeModel Bpe(TokenizerDefinition definition, JsonFields model, bool byteLevel)
    {
        string location = definition.Location;
        if (model.Number("dropout") is not (null or 0))
            throw new NotSupportedException($"{location}: 'model.dropout' (random merges) is not supported.");
        foreach (string key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (model.Text(key) is { Length: > 0 } affix)
                throw new NotSupportedException($"{location}: 'model.{key}' is '{affix}', which is not supported; only byte-pair encodings without it are.");
        Vocabulary vocabulary = VocabularyReader.ReadVocabulary(definition);
        string? unknown = model.Text("unk_token");
        int unknownId = unknown is null ? -1 : vocabulary.IdOf(unknown);
        if (unknown is not null && unknownId < 0)
            throw new InvalidDataException($"{location}: 'model.unk_token' is '{unknown}', which is not in the vocabulary.");
        return new BpeModel(vocabulary, VocabularyReader.ReadMerges(definition, vocabulary), new BpeOptions
        {
            ByteLevel = byteLevel,
            IgnoreMerges = model.Flag("ignore_merges") ?? false,
            ByteFallback = model.Flag("byte_fallback") ?? false,
            UnknownId = unknownId,
            FuseUnknown = model.Flag("fuse_unk") ?? false,
        });
    }
}
