using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling;

/// <summary>Which weight files a checkpoint has: one, or several with an index that says which tensor lies in which.</summary>
internal sealed class WeightFiles
{
    private WeightFiles(IReadOnlyList<string> names, IReadOnlyDictionary<string, string>? index) => (Names, Index) = (names, index);

    /// <summary>The files, in the order of their names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>For each tensor its file; null where there is only one file and no index.</summary>
    public IReadOnlyDictionary<string, string>? Index { get; }

    /// <summary>One file that is there.</summary>
    public static WeightFiles One(string name) => new([name], null);

    /// <summary>
    /// Finds the weight files: <c>model.safetensors</c>, or else what <c>model.safetensors.index.json</c> names; the first wins, as in transformers.
    /// </summary>
    /// <exception cref="FileNotFoundException">There are none, or a file that the index names is missing.</exception>
    /// <exception cref="InvalidDataException">The index is damaged, or names a file outside the checkpoint.</exception>
    public static WeightFiles Find(ICheckpointSource source)
    {
        if (source.Exists(CheckpointFiles.Weights))
            return new WeightFiles([CheckpointFiles.Weights], null);
        if (!source.Exists(CheckpointFiles.WeightIndex))
            throw new FileNotFoundException($"'{source.Location}' has neither {CheckpointFiles.Weights} nor {CheckpointFiles.WeightIndex}; " +
                "weights are read from safetensors files only.", CheckpointFiles.Locate(source, CheckpointFiles.Weights));

        Dictionary<string, string> index = ReadIndex(source);
        string[] names = [.. index.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string location = CheckpointFiles.Locate(source, CheckpointFiles.WeightIndex);
        foreach (string name in names)
        {
            if (!CheckpointFiles.IsPlainName(name) || !name.EndsWith(".safetensors", StringComparison.Ordinal))
                throw new InvalidDataException($"{location}: 'weight_map' names '{name}'; expected a plain file name that ends in .safetensors.");
            if (!source.Exists(name))
                throw new FileNotFoundException($"{location}: 'weight_map' names the file '{name}', which is missing from '{source.Location}'.",
                    CheckpointFiles.Locate(source, name));
        }
        return new WeightFiles(names, index);
    }

    /// <summary>The index file of sharded weights.</summary>
    public static byte[] RenderIndex(IReadOnlyDictionary<string, string> index, long parameters, long bytes) => HuggingFaceJson.Render(new JsonObject
    {
        ["metadata"] = new JsonObject { ["total_parameters"] = parameters, ["total_size"] = bytes },
        ["weight_map"] = new JsonObject(index.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    });

    private static Dictionary<string, string> ReadIndex(ICheckpointSource source)
    {
        string location = CheckpointFiles.Locate(source, CheckpointFiles.WeightIndex);
        JsonFields fields = JsonFields.Parse(CheckpointFiles.ReadSmall(source, CheckpointFiles.WeightIndex), location);
        JsonFields map = fields.Object("weight_map")
            ?? throw new InvalidDataException($"{location}: 'weight_map' is missing; expected an object of tensor and file names.");
        Dictionary<string, string> index = new(StringComparer.Ordinal);
        foreach (JsonProperty property in map.Element.EnumerateObject())
            index.Add(property.Name, map.Text(property.Name)
                ?? throw new InvalidDataException($"{location}: 'weight_map.{property.Name}' is null; expected a file name."));
        return index.Count > 0 ? index : throw new InvalidDataException($"{location}: 'weight_map' is empty.");
    }
}
