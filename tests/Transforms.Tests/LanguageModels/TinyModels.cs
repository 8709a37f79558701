using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Transforms.Tests;

/// <summary>Random models of a few thousand weights.</summary>
internal static class TinyModels
{
    public const int Context = 96;

    /// <summary>Tokenizer of letters, digits, blanks and one token of two letters, "ab", which a sampled "a", "b" does not tokenize back to.</summary>
    private const string TokenizerJson = """
        {"version":"1.0","truncation":null,"padding":null,"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":{"type":"Fuse"},
         "added_tokens":[{"id":0,"content":"<eos>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
         "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
                  "vocab":{"<eos>":0,"a":1,"b":2,"c":3,"d":4,"e":5," ":6,"1":7,"2":8,"3":9,"+":10,"=":11,"ab":12},"merges":[["a","b"]]}}
        """;

    private const string ChatTemplate =
        "{{ prefix }}{% for message in messages %}{% if message.role == 'tool' %}{{ raise_exception('no tools here') }}{% endif %}{{ message.content }}{% if not loop.last %} {% endif %}{% endfor %}{% if tools %}+{% endif %}{% if add_generation_prompt %}={% endif %}";

    /// <summary>A model that reads and writes text.</summary>
    public static CausalLanguageModel Create(long seed = 1) =>
        CausalLanguageModel.Create(Config(vocabulary: 13), Tokenizer.FromPretrained(new TokenizerSource()), seed, initializerRange: 0.4);

    /// <summary>That model with a chat template, which writes contents one after the other, tools as "+" and the beginning of an answer as "=", and refuses
    /// messages of tools; or with another.</summary>
    public static CausalLanguageModel CreateWithChatTemplate(string? template = null) => CausalLanguageModel.Create(
        Config(vocabulary: 13), Tokenizer.FromPretrained(new TokenizerSource(template ?? ChatTemplate)), seed: 1, initializerRange: 0.4);

    /// <summary>A model that reads and writes the same text in other ids.</summary>
    public static CausalLanguageModel CreateWithOtherIds() => CausalLanguageModel.Create(
        Config(vocabulary: 13),
        Tokenizer.FromPretrained(new TokenizerSource(definition: TokenizerJson.Replace("\"a\":1,\"b\":2", "\"a\":2,\"b\":1"))),
        seed: 1,
        initializerRange: 0.4);

    /// <summary>A model that reads each other character as one token, "&lt;unk>".</summary>
    public static CausalLanguageModel CreateWithUnknown() => CausalLanguageModel.Create(
        Config(vocabulary: 14),
        Tokenizer.FromPretrained(new TokenizerSource(definition: TokenizerJson
            .Replace("\"unk_token\":null", "\"unk_token\":\"<unk>\"")
            .Replace("\"ab\":12", "\"ab\":12,\"<unk>\":13"))),
        seed: 1,
        initializerRange: 0.4);

    /// <summary>A model for token ids only.</summary>
    public static CausalLanguageModel CreateWithoutTokenizer(long seed = 1, int vocabulary = 40, bool tied = true) =>
        CausalLanguageModel.Create(Config(vocabulary, tied), tokenizer: null, seed, initializerRange: 0.4);

    /// <summary>A model with an adapter that changes what it computes.</summary>
    public static CausalLanguageModel WithAdapter(CausalLanguageModel model)
    {
        CausalLanguageModel adapted = model.WithAdapter(new LoraOptions { Rank = 2, TargetModules = LoraOptions.AllLinear });
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        foreach (Tensor matrix in adapted.AdapterParameters.Where(entry => entry.Key.Contains("lora_B")).Select(entry => entry.Value))
            matrix.copy_(rand(matrix.shape, generator: generator));
        return adapted;
    }

    private static DecoderConfig Config(int vocabulary, bool tied = true) => new()
    {
        VocabularySize = vocabulary,
        HiddenSize = 32,
        IntermediateSize = 48,
        LayerCount = 3,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        MaxPositionEmbeddings = Context,
        TieWordEmbeddings = tied,
        EosTokenIds = [0],
    };

    private sealed class TokenizerSource(string? chatTemplate = null, string definition = TokenizerJson) : ICheckpointSource
    {
        public string Location => "a tokenizer made in memory";

        public bool Exists(string file) => file == "tokenizer.json" || (file == "chat_template.jinja" && chatTemplate is not null);

        public Stream OpenRead(string file) => new MemoryStream(
            System.Text.Encoding.UTF8.GetBytes(file == "tokenizer.json" ? definition : chatTemplate!),
            writable: false);
    }
}

/// <summary>A prompt and a response as text.</summary>
internal sealed class TextPair
{
    public string Prompt { get; set; } = "";

    public string Response { get; set; } = "";

    public static TextPair[] Make(int count) => [.. Enumerable.Range(0, count).Select(i => new TextPair
    {
        Prompt = $"{1 + i % 3} + {1 + i / 3 % 3} =",
        Response = string.Concat(Enumerable.Range(0, 5 + i % 11).Select(n => "abcde 123+="[(i * 7 + n * n) % 11])),
    })];
}

/// <summary>A prompt and a response as token ids.</summary>
internal sealed class IdPair
{
    public int[] Prompt { get; set; } = [];

    public int[] Response { get; set; } = [];

    public static IdPair[] Make(int count, int vocabulary = 40, int seed = 3)
    {
        var random = new Random(seed);
        int[] Ids(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(1, vocabulary))];
        return [.. Enumerable.Range(0, count).Select(_ => new IdPair { Prompt = Ids(random.Next(1, 9)), Response = Ids(random.Next(1, 40)) })];
    }
}

/// <summary>What AttentionRhythm makes of a row.</summary>
internal sealed class RhythmRow
{
    public string[] Tokens { get; set; } = [];

    public int[] TokenIds { get; set; } = [];

    public float[] Waad { get; set; } = [];

    public float[] Fai { get; set; } = [];

    public float[] Entropy { get; set; } = [];

    public float[] LogProbability { get; set; } = [];
}

/// <summary>What GenerateText makes of a row.</summary>
internal sealed class GeneratedRow
{
    public string Response { get; set; } = "";

    public int[] ResponseTokenIds { get; set; } = [];

    public float[] ResponseLogProbabilities { get; set; } = [];

    public string FinishReason { get; set; } = "";
}
