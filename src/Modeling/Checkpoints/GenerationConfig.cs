using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling;

/// <summary>What a checkpoint recommends for generation: <c>generation_config.json</c>. A null means that the file does not say.</summary>
/// <remarks>
/// Of what else the file may say nothing is read, but all is kept and written again: <c>max_length</c>, <c>min_length</c>, <c>min_new_tokens</c>,
/// <c>no_repeat_ngram_size</c>, <c>suppress_tokens</c>, <c>begin_suppress_tokens</c>, <c>bad_words_ids</c>, <c>typical_p</c>, <c>epsilon_cutoff</c>,
/// <c>eta_cutoff</c>, <c>num_beams</c>, <c>stop_strings</c> and so on.
/// </remarks>
public sealed record GenerationConfig
{
    /// <summary><c>eos_token_id</c>: the ids after which a response ends; may be empty.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary><c>bos_token_id</c>.</summary>
    public int? BosTokenId { get; init; }

    /// <summary><c>pad_token_id</c>.</summary>
    public int? PadTokenId { get; init; }

    /// <summary><c>do_sample</c>: whether to sample rather than to take the likeliest token.</summary>
    public bool? DoSample { get; init; }

    /// <summary><c>max_new_tokens</c>: the most tokens a response may have. At least 1.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary><c>temperature</c>. At least 0.</summary>
    public double? Temperature { get; init; }

    /// <summary><c>top_k</c>; 0, or vLLM's -1, for no limit. At least -1.</summary>
    public int? TopK { get; init; }

    /// <summary><c>top_p</c>. From 0 to 1.</summary>
    public double? TopP { get; init; }

    /// <summary><c>min_p</c>. From 0 to 1.</summary>
    public double? MinP { get; init; }

    /// <summary><c>repetition_penalty</c>. Positive.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>The file this was parsed from, so that writing keeps what it does not know; null for one made in code.</summary>
    internal JsonElement? Document { get; init; }

    /// <summary>
    /// The checkpoint's generation configuration; where the file is absent, or does not say where a response ends, the ids of the model's configuration.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is damaged, or a value is none of its kind.</exception>
    internal static GenerationConfig Load(ICheckpointSource source, DecoderConfig config) => source.Exists(CheckpointFiles.GenerationConfig)
        ? Parse(CheckpointFiles.ReadSmall(source, CheckpointFiles.GenerationConfig), CheckpointFiles.Locate(source, CheckpointFiles.GenerationConfig), config)
        : For(config);

    /// <summary>What a model's configuration alone says about generation.</summary>
    internal static GenerationConfig For(DecoderConfig config) =>
        new() { EosTokenIds = config.EosTokenIds, BosTokenId = config.BosTokenId, PadTokenId = config.PadTokenId };

    /// <summary>Reads a <c>generation_config.json</c>. Numbers may be out of range: <see cref="ToOptions"/> says so, since a model can be used without
    /// them.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="location">The file, for messages.</param>
    /// <param name="config">The model's configuration, whose ids count for keys that are absent.</param>
    /// <exception cref="InvalidDataException">The file is no JSON object, or a value is none of its kind.</exception>
    internal static GenerationConfig Parse(ReadOnlySpan<byte> json, string location, DecoderConfig config)
    {
        JsonFields fields = JsonFields.Parse(json, location);
        HuggingFaceJson.RequireWritable(fields.Element, location);
        return new GenerationConfig
        {
            EosTokenIds = fields.TokenIds("eos_token_id") ?? config.EosTokenIds,
            BosTokenId = fields.TokenId("bos_token_id") ?? config.BosTokenId,
            PadTokenId = fields.TokenId("pad_token_id") ?? config.PadTokenId,
            DoSample = fields.Flag("do_sample"),
            MaxNewTokens = fields.Integer("max_new_tokens"),
            Temperature = fields.Number("temperature"),
            TopK = fields.Integer("top_k"),
            TopP = fields.Number("top_p"),
            MinP = fields.Number("min_p"),
            RepetitionPenalty = fields.Number("repetition_penalty"),
            Document = fields.Element,
        };
    }

    /// <summary>The same, but that responses end after this token too. It comes first, as where transformers' Trainer aligns the file with a tokenizer's
    /// eos_token.</summary>
    internal GenerationConfig EndingAt(int tokenId)
    {
        int[] ids = [tokenId, .. EosTokenIds.Where(id => id != tokenId)];
        JsonObject? document = Document is { } file ? JsonObject.Create(file) : null;
        if (document is not null) document["eos_token_id"] = HuggingFaceJson.DescribeIds(ids);
        return this with { EosTokenIds = ids, Document = document is null ? null : JsonSerializer.SerializeToElement(document) };
    }

    /// <summary>The options that follow from this, as transformers' <c>generate()</c> takes them: greedy unless <c>do_sample</c> is true; then with the
    /// temperature, top-k, top-p and min-p of the file, temperature 1 and the 50 most probable tokens where it is silent. The repetition penalty and
    /// <c>max_new_tokens</c> count in either case; nothing else in the file does.</summary>
    /// <remarks>Stop tokens stay null, which means <see cref="EosTokenIds"/>. Derive from it what is to differ: <c>ToOptions() with { MaxNewTokens = 64
    /// }</c>.</remarks>
    /// <exception cref="InvalidOptionsException">What would be taken is out of range; the message lists all of it.</exception>
    public GenerationOptions ToOptions()
    {
        GenerationOptions options = new() { Temperature = 0, RepetitionPenalty = RepetitionPenalty ?? 1, MaxNewTokens = MaxNewTokens };
        if (DoSample is true)
            options = options with { Temperature = Temperature ?? 1, TopK = TopK is -1 ? 0 : TopK ?? 50, TopP = TopP ?? 1, MinP = MinP ?? 0 };
        var problems = new Violations();
        options.Check(problems, "");
        problems.ThrowIfAny($"{CheckpointFiles.GenerationConfig} (correct it, or give {nameof(GenerationOptions)} of your own)");
        return options;
    }

    /// <summary>The <c>generation_config.json</c>: the file it came from, or a new one.</summary>
    internal byte[] ToJson() => HuggingFaceJson.Render(Document is { } document ? JsonObject.Create(document)! : Describe());

    private JsonObject Describe()
    {
        JsonObject json = [];
        foreach ((string key, JsonNode? value) in new (string, JsonNode?)[]
        {
            ("eos_token_id", HuggingFaceJson.DescribeIds(EosTokenIds)), ("bos_token_id", BosTokenId), ("pad_token_id", PadTokenId), ("do_sample", DoSample),
            ("max_new_tokens", MaxNewTokens), ("temperature", Temperature), ("top_k", TopK), ("top_p", TopP), ("min_p", MinP),
            ("repetition_penalty", RepetitionPenalty),
        })
            if (value is not null)
                json[key] = value;
        return json;
    }
}
