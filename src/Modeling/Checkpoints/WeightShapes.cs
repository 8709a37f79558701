namespace MLNetAttn.Modeling;

/// <summary>The names and shapes of a decoder's weights, as its configuration implies them.</summary>
internal static class WeightShapes
{
    /// <summary>The name of the embedding, which is the output head too where the two are tied.</summary>
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>The name of the output head, which a tied model does not have.</summary>
    public const string Head = "lm_head.weight";

    /// <summary>Hugging Face names and shapes, in the order of transformers' state dictionary, by which it also cuts shards.</summary>
    public static IReadOnlyList<KeyValuePair<string, long[]>> Of(DecoderConfig config)
    {
        long hidden = config.HiddenSize, inner = config.IntermediateSize;
        long queries = (long)config.HeadCount * config.HeadDimension, keys = (long)config.KeyValueHeadCount * config.HeadDimension;
        List<KeyValuePair<string, long[]>> shapes = [];

        Add(Embedding, config.VocabularySize, hidden);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string attention = $"model.layers.{layer}.self_attn", mlp = $"model.layers.{layer}.mlp";
            AddLinear($"{attention}.q_proj", queries, hidden, config.AttentionBias);
            AddLinear($"{attention}.k_proj", keys, hidden, config.AttentionBias);
            AddLinear($"{attention}.v_proj", keys, hidden, config.AttentionBias);
            AddLinear($"{attention}.o_proj", hidden, queries, config.AttentionOutputBias);
            if (config.QueryKeyNorm)
            {
                Add($"{attention}.q_norm.weight", config.HeadDimension);
                Add($"{attention}.k_norm.weight", config.HeadDimension);
            }
            AddLinear($"{mlp}.gate_proj", inner, hidden, config.MlpBias);
            AddLinear($"{mlp}.up_proj", inner, hidden, config.MlpBias);
            AddLinear($"{mlp}.down_proj", hidden, inner, config.MlpBias);
            Add($"model.layers.{layer}.input_layernorm.weight", hidden);
            Add($"model.layers.{layer}.post_attention_layernorm.weight", hidden);
        }
        Add("model.norm.weight", hidden);
        if (!config.TieWordEmbeddings)
            Add(Head, config.VocabularySize, hidden);
        return shapes;

        void Add(string name, params long[] shape) => shapes.Add(new(name, shape));

        void AddLinear(string name, long output, long input, bool bias)
        {
            Add($"{name}.weight", output, input);
            if (bias)
                Add($"{name}.bias", output);
        }
    }
}
