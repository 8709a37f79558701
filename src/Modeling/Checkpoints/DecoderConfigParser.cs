namespace MLNetAttn.Modeling;

/// <summary>Reads <c>config.json</c> as the configuration classes of transformers do.</summary>
internal static class DecoderConfigParser
{
    /// <inheritdoc cref="DecoderConfig.Parse"/>
    public static DecoderConfig Parse(ReadOnlySpan<byte> json, string location)
    {
        JsonFields fields = JsonFields.Parse(json, location);
        HuggingFaceJson.RequireWritable(fields.Element, location);
        DecoderFamily family = ReadFamily(fields, location);
        RefuseWhatIsNotComputed(fields, location);

        int heads = fields.RequiredInteger("num_attention_heads"), hidden = fields.RequiredInteger("hidden_size");
        if (fields.Integer("head_dim") is null && family.HeadDimension is null && heads > 0 && hidden % heads != 0)
            throw new InvalidDataException(
                $"{location}: 'hidden_size' {hidden} is not divisible by 'num_attention_heads' {heads}, and there is no 'head_dim'.");
        if (fields.Integer("head_dim") is 0 || fields.Integer("num_key_value_heads") is 0)
            throw new InvalidDataException($"{location}: 'head_dim' or 'num_key_value_heads' is 0; expected a positive number.");

        int layers = fields.RequiredInteger("num_hidden_layers"), vocabulary = fields.RequiredInteger("vocab_size");
        int maximum = fields.Integer("max_position_embeddings") ?? family.MaxPositionEmbeddings;
        bool attentionBias = family.AttentionBias ?? fields.Flag("attention_bias") ?? false;
        int? window = ReadWindow(fields, family);
        DecoderConfig config = new()
        {
            Architecture = family.Architecture,
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            IntermediateSize = fields.RequiredInteger("intermediate_size"),
            LayerCount = layers,
            HeadCount = heads,
            // Where the key is there and null, transformers takes as many as heads; only an absent one has the family's number.
            KeyValueHeadCount = fields.Integer("num_key_value_heads") ?? (fields.Has("num_key_value_heads") ? heads : family.KeyValueHeadCount ?? heads),
            HeadDimension = fields.Integer("head_dim") ?? family.HeadDimension ?? 0,
            MaxPositionEmbeddings = maximum,
            RmsNormEpsilon = fields.Number("rms_norm_eps") ?? 1e-6,
            Rotary = RotaryParser.Parse(fields, maximum, location),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings") ?? false,
            QueryKeyNorm = family.QueryKeyNorm,
            AttentionBias = attentionBias,
            AttentionOutputBias = family.AttentionBias is null && attentionBias,
            MlpBias = family.HasMlpBias && (fields.Flag("mlp_bias") ?? false),
            SlidingWindow = window,
            SlidingLayers = layers is > 0 and <= DecoderConfigRules.MaximumLayers ? ReadSlidingLayers(fields, family, layers, window, location) : [],
            BosTokenId = ReadTokenId(fields, "bos_token_id", family.BosTokenId, vocabulary),
            PadTokenId = ReadTokenId(fields, "pad_token_id", null, vocabulary),
            EosTokenIds = fields.TokenIds("eos_token_id") ?? (ReadTokenId(fields, "eos_token_id", family.EosTokenId, vocabulary) is { } eos ? [eos] : []),
            DataType = ReadDataType(fields, location),
            Document = fields.Element,
        };
        return DecoderConfigRules.Violations(config) is { Count: > 0 } violations
            ? throw new InvalidDataException($"{location}: the configuration contradicts itself: {string.Join("; ", violations)}.")
            : config;
    }

    private static DecoderFamily ReadFamily(JsonFields fields, string location)
    {
        string? architecture = fields.Texts("architectures")?.FirstOrDefault(), modelType = fields.Text("model_type");
        if (architecture is null && modelType is null)
            throw new InvalidDataException($"{location}: 'architectures' and 'model_type' are missing; expected one of {DecoderFamily.Architectures}.");
        DecoderFamily family = DecoderFamily.All.FirstOrDefault(
            family => architecture is null ? family.ModelType == modelType : family.Architecture == architecture) ?? throw new NotSupportedException(
                $"{location}: the architecture '{architecture ?? modelType}' is not supported; supported are {DecoderFamily.Architectures}.");
        return modelType is null || modelType == family.ModelType
            ? family
            : throw new InvalidDataException(
                $"{location}: 'architectures' says {architecture}, but 'model_type' is '{modelType}'; expected '{family.ModelType}'.");
    }

    private static void RefuseWhatIsNotComputed(JsonFields fields, string location)
    {
        if (fields.Text("hidden_act") is { } activation && activation != "silu")
            throw new NotSupportedException($"{location}: the activation 'hidden_act' '{activation}' is not supported; supported is silu.");
        if (fields.IsSet("quantization_config"))
            throw new NotSupportedException(
                $"{location}: quantised weights ('quantization_config') are not supported; use the folder of the unquantised model.");
    }

    private static int? ReadTokenId(JsonFields fields, string key, int? familyDefault, int vocabulary) =>
        fields.Has(key) ? fields.TokenId(key) : familyDefault < vocabulary ? familyDefault : null;

    private static string ReadDataType(JsonFields fields, string location)
    {
        string? older = fields.Text("torch_dtype"), newer = fields.Text("dtype");
        if (older is not null && newer is not null && older != newer)
            throw new InvalidDataException($"{location}: 'torch_dtype' is '{older}', but 'dtype' is '{newer}'; expected one of them, or both the same.");
        return newer ?? older ?? "float32";
    }

    private static int? ReadWindow(JsonFields fields, DecoderFamily family)
    {
        bool used = family.Window == DecoderFamily.WindowRule.EveryLayer ||
            (family.Window == DecoderFamily.WindowRule.NamedLayers && (fields.Flag("use_sliding_window") ?? false));
        const int familyDefault = 4096;
        return !used ? null : fields.Has("sliding_window") ? fields.Integer("sliding_window") : familyDefault;
    }

    private static bool[] ReadSlidingLayers(JsonFields fields, DecoderFamily family, int layers, int? window, string location)
    {
        const int defaultFullLayers = 28;
        int firstSliding = family.Window == DecoderFamily.WindowRule.NamedLayers ? fields.Integer("max_window_layers") ?? defaultFullLayers : 0;
        bool[] sliding = [.. Enumerable.Range(0, layers).Select(layer => window is not null && layer >= firstSliding)];
        if (fields.Texts("layer_types") is not { } types)
            return sliding;

        if (types.FirstOrDefault(type => type is not "full_attention" and not "sliding_attention") is { } unknown)
            throw new NotSupportedException($"{location}: the layer type '{unknown}' is not supported; supported are full_attention and sliding_attention.");
        bool[] named = [.. types.Select(type => type == "sliding_attention")];
        // Llama and Mistral do not read the key: it may only say what holds anyway.
        return family.Window == DecoderFamily.WindowRule.NamedLayers || named.SequenceEqual(sliding)
            ? named
            : throw new InvalidDataException(
                $"{location}: 'layer_types' [{string.Join(", ", types)}] is not what 'sliding_window' means for {family.Architecture}.");
    }
}
