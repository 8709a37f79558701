using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>The shape of a decoder language model: what a Hugging Face folder's <c>config.json</c> says, in one form for all families.</summary>
/// <remarks>
/// Read by <see cref="Parse"/> in the spelling of 2024 (<c>rope_theta</c>, <c>rope_scaling</c>, <c>torch_dtype</c>) and of transformers 5
/// (<c>rope_parameters</c>, <c>dtype</c>, <c>layer_types</c>), or made in code for a new model. What the file has beyond this is kept and written again.
/// </remarks>
public sealed class DecoderConfig
{
    /// <summary>The class in transformers: LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM or Qwen3ForCausalLM. Default: LlamaForCausalLM.</summary>
    public string Architecture { get; init; } = "LlamaForCausalLM";

    /// <summary><c>model_type</c>, which follows from the architecture: llama, mistral, qwen2 or qwen3.</summary>
    public string ModelType => DecoderFamily.Find(Architecture)?.ModelType ?? Architecture;

    /// <summary><c>vocab_size</c>, V: the rows of the embedding. Positive.</summary>
    public required int VocabularySize { get; init; }

    /// <summary><c>hidden_size</c>, D. Positive.</summary>
    public required int HiddenSize { get; init; }

    /// <summary><c>intermediate_size</c> of the gated MLP. Positive.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary><c>num_hidden_layers</c>. From 1 to 4096.</summary>
    public required int LayerCount { get; init; }

    /// <summary><c>num_attention_heads</c>, of queries. Positive.</summary>
    public required int HeadCount { get; init; }

    /// <summary><c>num_key_value_heads</c>. Default: <see cref="HeadCount"/>, which it must divide.</summary>
    public int KeyValueHeadCount { get => field != 0 ? field : HeadCount; init; }

    /// <summary><c>head_dim</c>. Default: <see cref="HiddenSize"/> / <see cref="HeadCount"/>. Even and positive.</summary>
    public int HeadDimension { get => field != 0 || HeadCount <= 0 ? field : HiddenSize / HeadCount; init; }

    /// <summary><c>max_position_embeddings</c>, in tokens. Default: 2048. Positive. The longest sequence is <see cref="ContextLength"/>.</summary>
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>The longest sequence, in tokens, prompt and response together: <see cref="MaxPositionEmbeddings"/>, or what rotary scaling stretches it to if
    /// that is more.</summary>
    /// <remarks>
    /// Yarn and Linear stretch <see cref="RotaryOptions.OriginalMaxPositionEmbeddings"/>, or where that is not given <see cref="MaxPositionEmbeddings"/>, by
    /// <see cref="RotaryOptions.Factor"/>, as vLLM derives it; Llama3 does not, since its files state the stretched length. Of files with Linear scaling
    /// some state the length before it and some the length after, and nothing tells them apart. The limit allows for the first; for the second it is too
    /// wide by the factor, so bound responses with <see cref="GenerationOptions.MaxNewTokens"/> there.
    /// </remarks>
    public int ContextLength => Rotary.Type is RotaryType.Yarn or RotaryType.Linear
        ? (int)Math.Clamp(Rotary.Factor * (Rotary.OriginalMaxPositionEmbeddings ?? MaxPositionEmbeddings), MaxPositionEmbeddings, int.MaxValue)
        : MaxPositionEmbeddings;

    /// <summary><c>rms_norm_eps</c>. Default: 1e-6. Positive.</summary>
    public double RmsNormEpsilon { get; init; } = 1e-6;

    /// <summary>Rotary position embeddings. Default: θ = 10 000, not scaled.</summary>
    public RotaryOptions Rotary { get; init; } = new();

    /// <summary><c>tie_word_embeddings</c>: whether the output head is the embedding. Default: false.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether queries and keys are normalised per head (Qwen3). Default: false.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether the query, key and value projections have a bias (Qwen2; <c>attention_bias</c>). Default: false.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the output projection of attention has a bias (<c>attention_bias</c>, but not for Qwen2). Default: false.</summary>
    public bool AttentionOutputBias { get; init; }

    /// <summary><c>mlp_bias</c>: whether the three projections of the MLP have a bias. Default: false.</summary>
    public bool MlpBias { get; init; }

    /// <summary>How many keys, itself included, a token of a sliding layer sees. Default: null, all. Positive.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>For each layer, whether it sees only <see cref="SlidingWindow"/> keys. Default: all layers where there is a window, else none.</summary>
    public IReadOnlyList<bool> SlidingLayers { get => field ?? DefaultSlidingLayers(); init; }

    /// <summary><c>bos_token_id</c>, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary><c>pad_token_id</c>, or null.</summary>
    public int? PadTokenId { get; init; }

    /// <summary><c>eos_token_id</c>: the ids after which a response ends; may be empty.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>The type that the weights are stored in: float32, bfloat16, float16 or float64. Default: float32.</summary>
    public string DataType { get; init; } = "float32";

    /// <summary>The file this was parsed from, so that writing keeps what it does not know; null for a configuration made in code.</summary>
    internal JsonElement? Document { get; init; }

    /// <summary>Reads a <c>config.json</c>. Absent keys have the defaults of transformers' configuration classes.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="location">The file, for messages.</param>
    /// <exception cref="InvalidDataException">The file is no JSON object, lacks a size, or contradicts itself; the message lists every
    /// contradiction.</exception>
    /// <exception cref="NotSupportedException">The architecture, activation, rotary type or another feature, named in the message, is not
    /// supported.</exception>
    public static DecoderConfig Parse(ReadOnlySpan<byte> json, string location) => DecoderConfigParser.Parse(json, location);

    /// <summary>The <c>config.json</c> of this configuration, as transformers 4 and 5 read it; with all keys of the file it came from, if any.</summary>
    /// <exception cref="ArgumentException">The configuration was made in code and contradicts itself.</exception>
    public byte[] ToJson() => DecoderConfigWriter.Write(this, DataType);

    /// <summary>Checks a configuration that was made in code.</summary>
    /// <exception cref="ArgumentException">Something is wrong; the message lists all of it.</exception>
    internal void Validate()
    {
        if (DecoderConfigRules.Violations(this) is { Count: > 0 } violations)
            throw new ArgumentException($"The decoder configuration is not valid: {string.Join("; ", violations)}.");
    }

    /// <summary>How many keys, itself included, a token of this layer sees; null = all.</summary>
    internal int? WindowOf(int layer) => SlidingLayers[layer] ? SlidingWindow : null;

    private bool[] DefaultSlidingLayers()
    {
        bool[] layers = new bool[Math.Clamp(LayerCount, 0, DecoderConfigRules.MaximumLayers)];
        Array.Fill(layers, SlidingWindow is not null);
        return layers;
    }
}
