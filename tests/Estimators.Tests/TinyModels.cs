using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

/// <summary>Random models of a few thousand weights.</summary>
internal static class TinyModels
{
    public const int Context = 64, Vocabulary = 12, EndOfSequence = 0;

    private const string TokenizerJson = """
        {"version":"1.0","truncation":null,"padding":null,"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":{"type":"Fuse"},
         "added_tokens":[{"id":0,"content":"<eos>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
         "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
                  "vocab":{"<eos>":0,"a":1,"b":2,"c":3,"d":4,"e":5," ":6,"1":7,"2":8,"3":9,"+":10,"=":11},"merges":[]}}
        """;

    /// <summary>A model for token ids only.</summary>
    public static CausalLanguageModel Create(long seed = 1) => CausalLanguageModel.Create(Config(), tokenizer: null, seed, initializerRange: 0.2);

    /// <summary>A model that reads and writes the letters a to e, digits 1 to 3, +, = and blanks.</summary>
    /// <param name="vocabulary">Rows of its embedding; null = one for each token.</param>
    /// <param name="chatTemplate">Its chat template; null = none.</param>
    /// <param name="eosToken">Its tokenizer's eos_token; null = none, the model's.</param>
    public static CausalLanguageModel CreateWithTokenizer(int? vocabulary = null, string? chatTemplate = null, string? eosToken = null) =>
        Create(Tokenizer.FromPretrained(new TokenizerSource(chatTemplate, eosToken)), vocabulary ?? Vocabulary);

    /// <summary>A model that reads and writes the same text in other ids.</summary>
    public static CausalLanguageModel CreateWithOtherIds() =>
        Create(Tokenizer.FromPretrained(new TokenizerSource(null, null, TokenizerJson.Replace("\"a\":1,\"b\":2", "\"a\":2,\"b\":1"))), Vocabulary);

    /// <summary>A model that reads each other character as one token, "&lt;unk>".</summary>
    public static CausalLanguageModel CreateWithUnknown() => Create(
        Tokenizer.FromPretrained(new TokenizerSource(null, null, TokenizerJson
            .Replace("\"unk_token\":null", "\"unk_token\":\"<unk>\"")
            .Replace("\"=\":11", "\"=\":11,\"<unk>\":12"))),
        Vocabulary + 1);

    /// <summary>A model for a tokenizer.</summary>
    public static CausalLanguageModel Create(Tokenizer tokenizer, int vocabulary) =>
        CausalLanguageModel.Create(Config(vocabulary), tokenizer, seed: 1, initializerRange: 0.2);

    /// <summary>Copies of all parameters by name.</summary>
    public static Dictionary<string, float[]> Snapshot(CausalLanguageModel model) =>
        model.Parameters.ToDictionary(entry => entry.Key, entry =>
        {
            using var scope = NewDisposeScope();
            return entry.Value.detach().flatten().data<float>().ToArray();
        });

    public static void ShouldEqual(this Dictionary<string, float[]> found, Dictionary<string, float[]> expected)
    {
        found.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach ((string name, float[] values) in expected) found[name].SequenceEqual(values).Should().BeTrue($"{name} must have the same bits");
    }

    public static void ShouldDiffer(this Dictionary<string, float[]> found, Dictionary<string, float[]> other) =>
        other.Any(entry => !found[entry.Key].SequenceEqual(entry.Value)).Should().BeTrue();

    private static DecoderConfig Config(int vocabulary = Vocabulary) => new()
    {
        VocabularySize = vocabulary,
        HiddenSize = 16,
        IntermediateSize = 24,
        LayerCount = 2,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        MaxPositionEmbeddings = Context,
        TieWordEmbeddings = true,
        EosTokenIds = [EndOfSequence],
    };

    private sealed class TokenizerSource(string? chatTemplate, string? eosToken, string definition = TokenizerJson) : ICheckpointSource
    {
        public string Location => "a tokenizer made in memory";

        public bool Exists(string file) => file == "tokenizer.json" || (file == "tokenizer_config.json" && (chatTemplate ?? eosToken) is not null);

        public Stream OpenRead(string file) => new MemoryStream(
            System.Text.Encoding.UTF8.GetBytes(file == "tokenizer.json"
                ? definition
                : System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string?> { ["chat_template"] = chatTemplate, ["eos_token"] = eosToken })),
            writable: false);
    }
}

/// <summary>A prompt as token ids, with an answer column for the reward.</summary>
internal sealed class PromptRow
{
    [VectorType]
    public int[] Prompt { get; set; } = [];

    public int Wanted { get; set; }

    public static PromptRow[] Make(int count) =>
    [
        .. Enumerable.Range(0, count)
            .Select(i => new PromptRow { Prompt = [1 + i % 3, 4 + i % 5, 9], Wanted = 1 + i % (TinyModels.Vocabulary - 1) }),
    ];
}

/// <summary>What a reward reads.</summary>
internal sealed class RewardInput
{
    [VectorType]
    public int[] Prompt { get; set; } = [];

    public int Wanted { get; set; }

    public string Response { get; set; } = "";

    [VectorType]
    public int[] ResponseTokenIds { get; set; } = [];
}

/// <summary>What a reward writes.</summary>
internal sealed class RewardOutput
{
    public float Reward { get; set; }
}
