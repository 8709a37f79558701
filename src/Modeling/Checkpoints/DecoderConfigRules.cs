namespace MLNetAttn.Modeling;

/// <summary>What must hold between the numbers of a <see cref="DecoderConfig"/>, whether it was read from a file or made in code.</summary>
internal static class DecoderConfigRules
{
    /// <summary>More layers than any model has: a lying file must not make us prepare for them.</summary>
    public const int MaximumLayers = 4096;

    /// <summary>The types that weights are stored in.</summary>
    public static readonly string[] DataTypes = ["float32", "bfloat16", "float16", "float64"];

    /// <summary>Everything that is wrong, as sentences without their full stop; empty if nothing is.</summary>
    public static IReadOnlyList<string> Violations(DecoderConfig config)
    {
        List<string> found = [];
        foreach ((string name, int value) in new[]
        {
            ("VocabularySize (vocab_size)", config.VocabularySize), ("HiddenSize (hidden_size)", config.HiddenSize),
            ("IntermediateSize (intermediate_size)", config.IntermediateSize), ("LayerCount (num_hidden_layers)", config.LayerCount),
            ("HeadCount (num_attention_heads)", config.HeadCount), ("KeyValueHeadCount (num_key_value_heads)", config.KeyValueHeadCount),
            ("HeadDimension (head_dim)", config.HeadDimension), ("MaxPositionEmbeddings (max_position_embeddings)", config.MaxPositionEmbeddings),
        })
            if (value <= 0)
                found.Add($"{name} is {value}; expected a positive number");
        if (config.LayerCount > MaximumLayers)
            found.Add($"LayerCount (num_hidden_layers) is {config.LayerCount}; expected at most {MaximumLayers}");
        if (config.KeyValueHeadCount > 0 && config.HeadCount % config.KeyValueHeadCount != 0)
            found.Add(
                $"HeadCount (num_attention_heads) {config.HeadCount} is not divisible by KeyValueHeadCount (num_key_value_heads) {config.KeyValueHeadCount}");
        if (config.HeadDimension % 2 != 0)
            found.Add($"HeadDimension (head_dim) is {config.HeadDimension}; rotary embeddings need an even one");
        if (!(config.RmsNormEpsilon > 0 && double.IsFinite(config.RmsNormEpsilon)))
            found.Add(FormattableString.Invariant($"RmsNormEpsilon (rms_norm_eps) is {config.RmsNormEpsilon}; expected a positive number"));
        if (!DataTypes.Contains(config.DataType))
            found.Add($"DataType (torch_dtype) is '{config.DataType}'; expected one of {string.Join(", ", DataTypes)}");
        found.AddRange(config.Rotary.Violations());
        AddTokenIds(config, found);
        AddFamily(config, found);
        return found;
    }

    private static void AddTokenIds(DecoderConfig config, List<string> found)
    {
        IEnumerable<(string Name, int Id)> ids = config.EosTokenIds.Select(id => ("EosTokenIds (eos_token_id)", id));
        if (config.BosTokenId is { } bos)
            ids = ids.Append(("BosTokenId (bos_token_id)", bos));
        if (config.PadTokenId is { } pad)
            ids = ids.Append(("PadTokenId (pad_token_id)", pad));
        foreach ((string name, int id) in ids)
            if (id < 0 || id >= config.VocabularySize)
                found.Add($"{name} is {id}; expected an id from 0 to {config.VocabularySize - 1}, below VocabularySize (vocab_size)");
    }

    private static void AddFamily(DecoderConfig config, List<string> found)
    {
        if (DecoderFamily.Find(config.Architecture) is not { } family)
        {
            found.Add($"Architecture is '{config.Architecture}'; expected one of {DecoderFamily.Architectures}");
            return;
        }
        if (config.QueryKeyNorm != family.QueryKeyNorm)
            found.Add($"QueryKeyNorm is {config.QueryKeyNorm}; {family.Architecture} has it {family.QueryKeyNorm}");
        if (config.AttentionBias != (family.AttentionBias ?? config.AttentionBias))
            found.Add($"AttentionBias is {config.AttentionBias}; {family.Architecture} has it {family.AttentionBias}");
        bool outputBias = family.AttentionBias is null && config.AttentionBias;
        if (config.AttentionOutputBias != outputBias)
            found.Add(
                $"AttentionOutputBias is {config.AttentionOutputBias}; {family.Architecture} with AttentionBias {config.AttentionBias} has it {outputBias}");
        if (config.MlpBias && !family.HasMlpBias)
            found.Add($"MlpBias is True; {family.Architecture} has none");
        AddWindow(config, family, found);
    }

    private static void AddWindow(DecoderConfig config, DecoderFamily family, List<string> found)
    {
        if (config.SlidingWindow is <= 0)
            found.Add($"SlidingWindow (sliding_window) is {config.SlidingWindow}; expected a positive number");
        if (config.LayerCount is > 0 and <= MaximumLayers && config.SlidingLayers.Count != config.LayerCount)
            found.Add($"SlidingLayers (layer_types) has {config.SlidingLayers.Count} layers; expected LayerCount (num_hidden_layers), {config.LayerCount}");
        if (config.SlidingWindow is null && config.SlidingLayers.Contains(true))
            found.Add("SlidingLayers (layer_types) names sliding layers, but SlidingWindow (sliding_window) is null");
        if (config.SlidingWindow is not null && family.Window == DecoderFamily.WindowRule.None)
            found.Add($"SlidingWindow is {config.SlidingWindow}; {family.Architecture} has none");
        if (config.SlidingWindow is not null && family.Window == DecoderFamily.WindowRule.EveryLayer && config.SlidingLayers.Contains(false))
            found.Add($"SlidingLayers leaves out layers; {family.Architecture} has its window on every layer");
    }
}
