namespace MLNetAttn.Modeling;

/// <summary>The parts that tokenizer.json puts together; what is null does nothing.</summary>
internal sealed class TokenizerParts
{
    public required TokenModel Model { get; init; }

    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    public required Normalizer? Normalizer { get; init; }

    public required PreTokenizer? PreTokenizer { get; init; }

    public required PostProcessor PostProcessor { get; init; }

    public required TokenDecoder? Decoder { get; init; }

    /// <exception cref="InvalidDataException">The file contradicts itself, or lacks something.</exception>
    /// <exception cref="NotSupportedException">The file names a kind of part that this library does not know.</exception>
    public static TokenizerParts Parse(TokenizerDefinition definition)
    {
        (JsonFields fields, string location) = (definition.Fields, definition.Location);
        Normalizer? normalizer = NormalizerParser.Parse(fields.Object("normalizer"), location);
        (PreTokenizer? preTokenizer, bool byteLevel) = PreTokenizerParser.Parse(fields.Object("pre_tokenizer"), location);
        TokenModel model = TokenModelParser.Parse(definition, byteLevel);
        IReadOnlyList<AddedToken> addedTokens = AddedTokenParser.Parse(fields, model.Vocabulary, normalizer, location);
        PostProcessor postProcessor = PostProcessorParser.Parse(fields.Object("post_processor"), location);
        foreach ((int id, string token) in postProcessor.Before.Concat(postProcessor.After))
            if (model.Vocabulary.TokenOf(id) is null && addedTokens.All(added => added.Id != id))
                throw new InvalidDataException($"{location}: the post-processor adds '{token}' with the id {id}, which no token has.");
        return new TokenizerParts
        {
            Model = model,
            AddedTokens = addedTokens,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            PostProcessor = postProcessor,
            Decoder = TokenDecoderParser.Parse(fields.Object("decoder"), location),
        };
    }
}
