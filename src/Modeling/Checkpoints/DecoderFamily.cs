namespace MLNetAttn.Modeling;

/// <summary>What the configuration classes of transformers fix for one family of decoders: defaults for absent keys, and which parts have biases.</summary>
internal sealed record DecoderFamily(string Architecture, string ModelType)
{
    /// <summary>Default of <c>max_position_embeddings</c>.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Default of <c>num_key_value_heads</c>; null: as many as heads.</summary>
    public int? KeyValueHeadCount { get; init; }

    /// <summary>Default of <c>head_dim</c>; null: hidden size divided by heads.</summary>
    public int? HeadDimension { get; init; }

    /// <summary>Defaults of <c>bos_token_id</c> and <c>eos_token_id</c>.</summary>
    public int? BosTokenId { get; init; }

    /// <inheritdoc cref="BosTokenId"/>
    public int? EosTokenId { get; init; }

    /// <summary>Whether queries and keys are normalised per head.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether query, key and value projections have a bias; null: as <c>attention_bias</c> says, and the output projection with them.</summary>
    public bool? AttentionBias { get; init; }

    /// <summary>Whether <c>mlp_bias</c> counts; where it does not, there is none.</summary>
    public bool HasMlpBias { get; init; }

    /// <summary>Which layers see a sliding window of keys only.</summary>
    public WindowRule Window { get; init; }

    /// <summary>Where the window of a family comes from.</summary>
    internal enum WindowRule
    {
        /// <summary>There is none.</summary>
        None,

        /// <summary><c>sliding_window</c>, on every layer, unless it is null.</summary>
        EveryLayer,

        /// <summary><c>sliding_window</c> if <c>use_sliding_window</c>, on the layers that <c>layer_types</c> names or <c>max_window_layers</c>
        /// leaves.</summary>
        NamedLayers,
    }

    /// <summary>Every family that is read.</summary>
    public static IReadOnlyList<DecoderFamily> All { get; } =
    [
        new("LlamaForCausalLM", "llama") { MaxPositionEmbeddings = 2048, BosTokenId = 1, EosTokenId = 2, HasMlpBias = true },
        new("MistralForCausalLM", "mistral")
        {
            MaxPositionEmbeddings = 131_072, KeyValueHeadCount = 8, BosTokenId = 1, EosTokenId = 2, AttentionBias = false, Window = WindowRule.EveryLayer,
        },
        new("Qwen2ForCausalLM", "qwen2") { MaxPositionEmbeddings = 32_768, KeyValueHeadCount = 32, AttentionBias = true, Window = WindowRule.NamedLayers },
        new("Qwen3ForCausalLM", "qwen3")
        {
            MaxPositionEmbeddings = 32_768, KeyValueHeadCount = 32, HeadDimension = 128, QueryKeyNorm = true, Window = WindowRule.NamedLayers,
        },
    ];

    /// <summary>All architectures, for messages.</summary>
    public static string Architectures => string.Join(", ", All.Select(family => family.Architecture));

    /// <summary>The family of this architecture, or null.</summary>
    public static DecoderFamily? Find(string architecture) => All.FirstOrDefault(family => family.Architecture == architecture);
}
