using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Writes the configuration and weights of a checkpoint as transformers does.</summary>
internal static class CheckpointWriter
{
    /// <summary>Bytes of tensors in one file, 50 GB: the default of transformers 5.</summary>
    public const long DefaultMaximumShardBytes = 50_000_000_000;

    /// <summary>Writes config.json, generation_config.json and the weights: one file, or several with an index if they take more than the given
    /// bytes.</summary>
    /// <param name="target">Where to write.</param>
    /// <param name="config">The configuration; its data type is written as that of the first tensor, which is what the files then hold.</param>
    /// <param name="generationConfig">The defaults of generation.</param>
    /// <param name="tensors">The weights by their Hugging Face names; shards are cut in the order of transformers' state dictionary.</param>
    /// <param name="maximumShardBytes">The most bytes of tensors in one file; a larger tensor has a file of its own. Positive.</param>
    /// <exception cref="ArgumentException">The weights are not those of the configuration, or the configuration contradicts itself.</exception>
    public static void Save(
        ICheckpointTarget target,
        DecoderConfig config,
        GenerationConfig generationConfig,
        IReadOnlyDictionary<string, Tensor> tensors,
        long maximumShardBytes = DefaultMaximumShardBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumShardBytes);
        Check(config, tensors);
        string dataType = tensors.Values.First().dtype switch
        {
            ScalarType.Float32 => "float32",
            ScalarType.BFloat16 => "bfloat16",
            ScalarType.Float16 => "float16",
            ScalarType.Float64 => "float64",
            ScalarType other => throw new ArgumentException(
                $"The weights are of type {other}; expected one of {string.Join(", ", DecoderConfigRules.DataTypes)}.", nameof(tensors)),
        };
        byte[] configFile = DecoderConfigWriter.Write(config, dataType), generationFile = generationConfig.ToJson();

        SaveWeights(target, [.. WeightShapes.Of(config).Select(weight => KeyValuePair.Create(weight.Key, tensors[weight.Key]))], maximumShardBytes);
        WriteFile(target, CheckpointFiles.GenerationConfig, generationFile);
        WriteFile(target, CheckpointFiles.Config, configFile);
    }

    private static void Check(DecoderConfig config, IReadOnlyDictionary<string, Tensor> tensors)
    {
        config.Validate();
        IReadOnlyList<KeyValuePair<string, long[]>> shapes = WeightShapes.Of(config);
        foreach ((string name, long[] shape) in shapes)
            if (!tensors.TryGetValue(name, out Tensor? tensor) || !tensor.shape.SequenceEqual(shape))
                throw new ArgumentException($"Weight '{name}' {(tensor is null ? "is missing" : $"has shape [{string.Join(", ", tensor.shape)}]")}; " +
                    $"the configuration implies [{string.Join(", ", shape)}].", nameof(tensors));
        HashSet<string> expected = [.. shapes.Select(pair => pair.Key)];
        if (tensors.Keys.FirstOrDefault(name => !expected.Contains(name)) is { } unexpected)
            throw new ArgumentException($"'{unexpected}' is no weight of the configuration.", nameof(tensors));
    }

    private static void SaveWeights(ICheckpointTarget target, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, long maximumShardBytes)
    {
        List<List<KeyValuePair<string, Tensor>>> shards = Cut(tensors, maximumShardBytes);
        if (shards.Count == 1)
        {
            WriteShard(target, CheckpointFiles.Weights, shards[0]);
            return;
        }
        Dictionary<string, string> index = new(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string file = CheckpointFiles.Shard(i + 1, shards.Count);
            WriteShard(target, file, shards[i]);
            foreach ((string name, _) in shards[i])
                index.Add(name, file);
        }
        long parameters = tensors.Sum(weight => weight.Value.numel()), bytes = tensors.Sum(weight => Bytes(weight.Value));
        WriteFile(target, CheckpointFiles.WeightIndex, WeightFiles.RenderIndex(index, parameters, bytes));
    }

    /// <summary>
    /// Fills one shard after the other, as huggingface_hub does: a tensor that is larger than a shard gets the next number, before the shard in the making.
    /// </summary>
    private static List<List<KeyValuePair<string, Tensor>>> Cut(IReadOnlyList<KeyValuePair<string, Tensor>> tensors, long maximumShardBytes)
    {
        List<List<KeyValuePair<string, Tensor>>> shards = [];
        List<KeyValuePair<string, Tensor>> current = [];
        long size = 0;
        foreach (KeyValuePair<string, Tensor> pair in tensors)
        {
            long bytes = Bytes(pair.Value);
            if (bytes > maximumShardBytes)
            {
                shards.Add([pair]);
                continue;
            }
            if (size + bytes > maximumShardBytes)
            {
                shards.Add(current);
                (current, size) = ([], 0);
            }
            current.Add(pair);
            size += bytes;
        }
        if (current.Count > 0)
            shards.Add(current);
        return shards;
    }

    private static long Bytes(Tensor tensor) => tensor.numel() * tensor.element_size();

    private static void WriteShard(ICheckpointTarget target, string file, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using Stream stream = target.Create(file);
        SafetensorsWriter.Write(stream, tensors, SafetensorsWriter.PyTorchFormat);
    }

    private static void WriteFile(ICheckpointTarget target, string file, byte[] bytes)
    {
        using Stream stream = target.Create(file);
        stream.Write(bytes);
    }
}
