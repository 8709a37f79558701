using System.Text.Json;
using System.Text.Json.Nodes;
using static System.FormattableString;

namespace MLNetAttn.Modeling;

/// <summary>What a checkpoint recommends for generation: <c>generation_config.json</c>. A null means that the file does not say.</summary>
public sealed class GenerationConfig
{
    /// <summary><c>eos_token_id</c>: the ids after which a response ends; may be empty.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary><c>bos_token_id</c>.</summary>
    public int? BosTokenId { get; init; }

    /// <summary><c>pad_token_id</c>.</summary>
    public int? PadTokenId { get; init; }

    /// <summary><c>do_sample</c>: whether to sample rather than to take the likeliest token.</summary>
    public bool? DoSample { get; init; }

    /// <summary><c>temperature</c>. At least 0.</summary>
    public double? Temperature { get; init; }

    /// <summary><c>top_k</c>; 0 for no limit. At least 0.</summary>
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
    /// <exception cref="InvalidDataException">The file is damaged, or a number is out of range.</exception>
    public static GenerationConfig Load(ICheckpointSource source, DecoderConfig config) => source.Exists(CheckpointFiles.GenerationConfig)
        ? Parse(CheckpointFiles.ReadSmall(source, CheckpointFiles.GenerationConfig), CheckpointFiles.Locate(source, CheckpointFiles.GenerationConfig), config)
        : For(config);

    /// <summary>What a model's configuration alone says about generation.</summary>
    public static GenerationConfig For(DecoderConfig config) =>
        new() { EosTokenIds = config.EosTokenIds, BosTokenId = config.BosTokenId, PadTokenId = config.PadTokenId };

    /// <summary>Reads a <c>generation_config.json</c>.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="location">The file, for messages.</param>
    /// <param name="config">The model's configuration, whose ids count for keys that are absent.</param>
    /// <exception cref="InvalidDataException">The file is no JSON object, or a number is out of range.</exception>
    public static GenerationConfig Parse(ReadOnlySpan<byte> json, string location, DecoderConfig config)
    {
        JsonFields fields = JsonFields.Parse(json, location);
        HuggingFaceJson.RequireWritable(fields.Element, location);
        GenerationConfig result = new()
        {
            EosTokenIds = fields.Integers("eos_token_id") ?? config.EosTokenIds,
            BosTokenId = fields.Integer("bos_token_id") ?? config.BosTokenId,
            PadTokenId = fields.Integer("pad_token_id") ?? config.PadTokenId,
            DoSample = fields.Flag("do_sample"),
            Temperature = fields.Number("temperature"),
            TopK = fields.Integer("top_k"),
            TopP = fields.Number("top_p"),
            MinP = fields.Number("min_p"),
            RepetitionPenalty = fields.Number("repetition_penalty"),
            Document = fields.Element,
        };
        return result.Violations().ToArray() is { Length: > 0 } violations
            ? throw new InvalidDataException($"{location}: {string.Join("; ", violations)}.")
            : result;
    }

    /// <summary>The same, but that responses end after this token too. It comes first, as where transformers' Trainer aligns the file with a tokenizer's
    /// eos_token.</summary>
    internal GenerationConfig EndingAt(int tokenId)
    {
        int[] ids = [tokenId, .. EosTokenIds.Where(id => id != tokenId)];
        JsonObject? document = Document is { } file ? JsonObject.Create(file) : null;
        if (document is not null) document["eos_token_id"] = HuggingFaceJson.DescribeIds(ids);
        return new GenerationConfig
        {
            EosTokenIds = ids,
            BosTokenId = BosTokenId,
            PadTokenId = PadTokenId,
            DoSample = DoSample,
            Temperature = Temperature,
            TopK = TopK,
            TopP = TopP,
            MinP = MinP,
            RepetitionPenalty = RepetitionPenalty,
            Document = document is null ? null : JsonSerializer.SerializeToElement(document),
        };
    }

    /// <summary>The options that transformers' <c>generate()</c> would take from this: greedy unless <c>do_sample</c> is true; then with what the file says,
    /// temperature 1 and the 50 most probable tokens where it is silent.</summary>
    /// <remarks>Stop tokens stay null, which means <see cref="EosTokenIds"/>. Derive from it what is to differ: <c>ToOptions() with { MaxNewTokens = 64
    /// }</c>.</remarks>
    public GenerationOptions ToOptions()
    {
        GenerationOptions greedy = new() { Temperature = 0, RepetitionPenalty = RepetitionPenalty ?? 1 };
        return DoSample is true ? greedy with { Temperature = Temperature ?? 1, TopK = TopK ?? 50, TopP = TopP ?? 1, MinP = MinP ?? 0 } : greedy;
    }

    /// <summary>The <c>generation_config.json</c>: the file it came from, or a new one.</summary>
    /// <exception cref="ArgumentException">It was made in code and a number is out of range.</exception>
    public byte[] ToJson()
    {
        if (Violations().ToArray() is { Length: > 0 } violations)
            throw new ArgumentException($"The generation configuration is not valid: {string.Join("; ", violations)}.");
        return HuggingFaceJson.Render(Document is { } document ? JsonObject.Create(document)! : Describe());
    }

    private JsonObject Describe()
    {
        JsonObject json = [];
        foreach ((string key, JsonNode? value) in new (string, JsonNode?)[]
        {
            ("eos_token_id", HuggingFaceJson.DescribeIds(EosTokenIds)), ("bos_token_id", BosTokenId), ("pad_token_id", PadTokenId), ("do_sample", DoSample),
            ("temperature", Temperature), ("top_k", TopK), ("top_p", TopP), ("min_p", MinP), ("repetition_penalty", RepetitionPenalty),
        })
            if (value is not null)
                json[key] = value;
        return json;
    }

    private IEnumerable<string> Violations()
    {
        if (Temperature is { } temperature && !(temperature >= 0 && double.IsFinite(temperature)))
            yield return Invariant($"Temperature (temperature) is {temperature}; expected at least 0");
        if (TopK is < 0)
            yield return Invariant($"TopK (top_k) is {TopK}; expected at least 0");
        if (TopP is { } top && !(top is >= 0 and <= 1))
            yield return Invariant($"TopP (top_p) is {top}; expected a number from 0 to 1");
        if (MinP is { } least && !(least is >= 0 and <= 1))
            yield return Invariant($"MinP (min_p) is {least}; expected a number from 0 to 1");
        if (RepetitionPenalty is { } penalty && !(penalty > 0 && double.IsFinite(penalty)))
            yield return Invariant($"RepetitionPenalty (repetition_penalty) is {penalty}; expected a positive number");
    }
}
