using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>An adapter's two files, as PEFT writes them.</summary>
internal static class AdapterFiles
{
    /// <summary>Whether there is an adapter.</summary>
    public static bool Exist(ICheckpointSource source) => source.Exists(CheckpointFiles.AdapterConfig);

    /// <summary>Reads the values.</summary>
    /// <param name="source">The files.</param>
    /// <param name="targets">PEFT's name → the tensor, or view, to fill.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or belongs to another model; the message names tensors and shapes.</exception>
    public static void Fill(ICheckpointSource source, IReadOnlyDictionary<string, Tensor> targets)
    {
        if (!source.Exists(CheckpointFiles.AdapterWeights))
            throw new FileNotFoundException(
                $"'{source.Location}' has no {CheckpointFiles.AdapterWeights}; adapters are read from safetensors files only.",
                CheckpointFiles.Locate(source, CheckpointFiles.AdapterWeights));
        CheckpointReader.Fill(source, CheckpointFiles.AdapterWeights, targets, $"this model with the adapter of {CheckpointFiles.AdapterConfig}");
    }

    /// <summary>Writes both.</summary>
    /// <param name="target">Takes the files.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="baseModel">Where the base model lies.</param>
    public static void Save(ICheckpointTarget target, LoraAdapter adapter, BaseModelReference baseModel)
    {
        using (Stream stream = target.Create(CheckpointFiles.AdapterWeights))
            SafetensorsWriter.Write(stream, adapter.Parameters, SafetensorsWriter.PyTorchFormat);
        using (Stream stream = target.Create(CheckpointFiles.AdapterConfig))
            stream.Write(LoraConfigFile.Write(adapter.Options, adapter.TargetNames, baseModel));
    }
}
