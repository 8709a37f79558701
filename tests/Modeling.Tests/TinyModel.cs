namespace MLNetAttn.Modeling.Tests;

/// <summary>Small random models made in code, for tests that need no reference.</summary>
internal static class TinyModel
{
    public static DecoderConfig Config(int heads = 4, int keyValueHeads = 2, int layers = 3, int vocabulary = 50, int context = 256, bool tied = true) => new()
    {
        VocabularySize = vocabulary,
        HiddenSize = heads * 8,
        IntermediateSize = 48,
        LayerCount = layers,
        HeadCount = heads,
        KeyValueHeadCount = keyValueHeads,
        HeadDimension = 8,
        MaxPositionEmbeddings = context,
        TieWordEmbeddings = tied,
        EosTokenIds = [1],
    };

    /// <summary>Weights large enough that attention is not close to uniform.</summary>
    public static CausalLanguageModel Create(long seed = 1, DecoderConfig? config = null) => CausalLanguageModel.Create(config ?? Config(), tokenizer: null, seed, initializerRange: 0.4);

    public static int[] Ids(int count, int seed, int vocabulary = 50)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(2, vocabulary))];
    }
}
