namespace MLNetAttn.Modeling;

/// <summary>The file names that Hugging Face folders use, and how their small files are read.</summary>
internal static class CheckpointFiles
{
    public const string Config = "config.json";
    public const string GenerationConfig = "generation_config.json";
    public const string Weights = "model.safetensors";
    public const string WeightIndex = "model.safetensors.index.json";
    public const string AdapterConfig = "adapter_config.json";
    public const string AdapterWeights = "adapter_model.safetensors";

    /// <summary>The largest JSON file that is read at all, 100 MB: the bound that safetensors puts on its own header.</summary>
    public const int MaximumJsonBytes = 100_000_000;

    private static readonly HashSet<string> Fixed = new(StringComparer.Ordinal)
    {
        Config, GenerationConfig, Weights, WeightIndex, AdapterConfig, AdapterWeights,
    };

    /// <summary>The name of one of several weight files; <paramref name="number"/> counts from 1.</summary>
    public static string Shard(int number, int count) => $"model-{number:D5}-of-{count:D5}.safetensors";

    /// <summary>Whether this names a file directly inside the checkpoint, and nothing outside it.</summary>
    public static bool IsPlainName(string file) =>
        file.Length > 0 && file is not "." and not ".." && file.IndexOfAny(['/', '\\', ':', '\0']) < 0;

    /// <summary>Whether saving a model into a folder replaces this file: a part of another model would make a mixture of two.</summary>
    public static bool BelongsToCheckpoint(string file) => Fixed.Contains(file) || TokenizerFiles.Names.Contains(file) ||
        (file.StartsWith("model-", StringComparison.Ordinal) && file.EndsWith(".safetensors", StringComparison.Ordinal));

    /// <summary>How a file is named in messages.</summary>
    public static string Locate(ICheckpointSource source, string file) => Path.Combine(source.Location, file);

    /// <summary>Reads a small file as a whole.</summary>
    /// <exception cref="InvalidDataException">The file is larger than <see cref="MaximumJsonBytes"/>, or ends before its length.</exception>
    public static byte[] ReadSmall(ICheckpointSource source, string file)
    {
        using Stream stream = source.OpenRead(file);
        if (stream.Length > MaximumJsonBytes)
            throw new InvalidDataException($"{Locate(source, file)}: the file has {stream.Length} bytes; at most {MaximumJsonBytes} are read.");
        byte[] bytes = new byte[stream.Length];
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException($"{Locate(source, file)}: the file ends before its {bytes.Length} bytes.", exception);
        }
        return bytes;
    }
}
