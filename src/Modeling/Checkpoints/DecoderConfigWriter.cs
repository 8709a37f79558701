using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling;

/// <summary>Writes <c>config.json</c> that transformers 4 and 5 read.</summary>
internal static class DecoderConfigWriter
{
    /// <summary>The file for a configuration whose weights are stored in the given type.</summary>
    /// <exception cref="ArgumentException">The configuration contradicts itself.</exception>
    public static byte[] Write(DecoderConfig config, string dataType)
    {
        config.Validate();
        JsonObject json = config.Document is { } document ? JsonObject.Create(document)! : Describe(config);
        // Both spellings, where the file has the newer one only: transformers before 4.57 knows only the older, transformers 5 reads both.
        json["torch_dtype"] = dataType;
        if (json.ContainsKey("dtype"))
            json["dtype"] = dataType;
        if (!json.ContainsKey("rope_theta"))
            json["rope_theta"] = config.Rotary.Theta;
        if (!json.ContainsKey("rope_scaling"))
            json["rope_scaling"] = Describe(config.Rotary);
        return HuggingFaceJson.Render(json);
    }

    private static JsonObject Describe(DecoderConfig config)
    {
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray(config.Architecture),
            ["attention_bias"] = config.AttentionBias,
            ["attention_dropout"] = 0.0,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = HuggingFaceJson.DescribeIds(config.EosTokenIds),
            ["head_dim"] = config.HeadDimension,
            ["hidden_act"] = "silu",
            ["hidden_size"] = config.HiddenSize,
            ["intermediate_size"] = config.IntermediateSize,
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["mlp_bias"] = config.MlpBias,
            ["model_type"] = config.ModelType,
            ["num_attention_heads"] = config.HeadCount,
            ["num_hidden_layers"] = config.LayerCount,
            ["num_key_value_heads"] = config.KeyValueHeadCount,
            ["pad_token_id"] = config.PadTokenId,
            ["rms_norm_eps"] = config.RmsNormEpsilon,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["use_cache"] = true,
            ["vocab_size"] = config.VocabularySize,
        };
        DecoderFamily.WindowRule rule = DecoderFamily.Find(config.Architecture)!.Window;
        if (rule != DecoderFamily.WindowRule.None)
            json["sliding_window"] = config.SlidingWindow;
        if (rule == DecoderFamily.WindowRule.NamedLayers)
        {
            json["use_sliding_window"] = config.SlidingWindow is not null;
            // transformers before layer_types reads this number, which can say it only where the sliding layers are the last ones.
            int full = config.SlidingLayers.TakeWhile(sliding => !sliding).Count();
            json["max_window_layers"] = full;
            json["layer_types"] = new JsonArray([.. config.SlidingLayers.Select(sliding => (JsonNode)(sliding ? "sliding_attention" : "full_attention"))]);
        }
        return json;
    }

    private static JsonObject? Describe(RotaryOptions rotary)
    {
        if (rotary.Type == RotaryType.Default)
            return null;
        JsonObject json = new() { ["rope_type"] = rotary.Type.ToString().ToLowerInvariant(), ["factor"] = rotary.Factor };
        if (rotary.OriginalMaxPositionEmbeddings is { } original)
            json["original_max_position_embeddings"] = original;
        if (rotary.Type == RotaryType.Llama3)
        {
            json["low_freq_factor"] = rotary.LowFrequencyFactor;
            json["high_freq_factor"] = rotary.HighFrequencyFactor;
        }
        if (rotary.Type == RotaryType.Yarn)
        {
            json["beta_fast"] = rotary.BetaFast;
            json["beta_slow"] = rotary.BetaSlow;
            if (!rotary.Truncate)
                json["truncate"] = false;
            foreach ((string key, double? value) in new[]
                { ("mscale", rotary.MScale), ("mscale_all_dim", rotary.MScaleAllDimensions), ("attention_factor", rotary.AttentionFactor) })
                if (value is not null)
                    json[key] = value;
        }
        return json;
    }
}
