namespace MLNetAttn.Modeling.Tests;

/// <summary>Small random models made in code, for tests that need no reference.</summary>
internal static class TinyModel
{
    public static DecoderConfig Config(
        int heads = 4, int keyValueHeads = 2, int layers = 3, int vocabulary = 50, int context = 256,
        bool tied = true, int[]? eos = null, int headDimension = 8) => new()
        {
            VocabularySize = vocabulary,
            HiddenSize = heads * 8,
            IntermediateSize = 48,
            LayerCount = layers,
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadDimension = headDimension,
            MaxPositionEmbeddings = context,
            TieWordEmbeddings = tied,
            EosTokenIds = eos ?? [1],
        };

    /// <summary>Three layers whose queries see a window of keys; null = all.</summary>
    public static DecoderConfig Windowed(int? window) => new()
    {
        Architecture = "MistralForCausalLM",
        VocabularySize = 50,
        HiddenSize = 16,
        IntermediateSize = 24,
        LayerCount = 3,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        HeadDimension = 8,
        MaxPositionEmbeddings = 1024,
        TieWordEmbeddings = true,
        SlidingWindow = window,
    };

    /// <summary>Weights large enough that attention is not close to uniform.</summary>
    public static CausalLanguageModel Create(long seed = 1, DecoderConfig? config = null) =>
        CausalLanguageModel.Create(config ?? Config(), tokenizer: null, seed, initializerRange: 0.4);

    /// <summary>A model that reads and writes text; with random weights all sorts of it, half characters and special tokens included.</summary>
    /// <param name="tokenizer">A folder of Tokenization/Fixtures.</param>
    /// <param name="stop">The special token that ends a response, or null.</param>
    /// <param name="seed">Of the weights.</param>
    public static CausalLanguageModel CreateWithTokenizer(string tokenizer = "bytelevel-qwen", string? stop = null, long seed = 1)
    {
        Tokenizer read = Tokenizer.FromPretrained(Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", tokenizer));
        return CausalLanguageModel.Create(
            Config(vocabulary: read.VocabularySize, eos: stop is null ? [] : [read.TokenToId(stop)!.Value]),
            read, seed, initializerRange: 0.4);
    }

    public static int[] Ids(int count, int seed, int vocabulary = 50)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(2, vocabulary))];
    }
}
