namespace MLNetAttn.Modeling;

/// <content>Adapters: models that share their weights.</content>
public sealed partial class CausalLanguageModel
{
    /// <summary>This model with a new LoRA adapter, which changes nothing until it is trained (PEFT's get_peft_model). The two share their weights: this model
    /// stays as it is, and either may be disposed first.</summary>
    /// <remarks>Its files name the folder that this model was read from as their base. They name none where no folder holds these weights alone: of a model
    /// that was trained, merged or made in memory, or came with an adapter beside it.</remarks>
    /// <param name="options">Rank, scale and targets.</param>
    /// <exception cref="ArgumentException">Options are out of range, or name modules that the model does not have; the message names all of them.</exception>
    /// <exception cref="InvalidOperationException">The model has an adapter already.</exception>
    public CausalLanguageModel WithAdapter(LoraOptions options)
    {
        RequireNoAdapter();
        return WithShared(weights => LoraAdapter.Create(weights, options, new BaseModelReference(_baseFolder)));
    }

    /// <summary>This model with the adapter of a folder that PEFT or <see cref="SaveAdapter(string)"/> wrote (PEFT's PeftModel.from_pretrained). The two share
    /// their weights, as with a new adapter.</summary>
    /// <param name="folder">Has adapter_config.json and adapter_model.safetensors.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the adapter belongs to another model; the message names what does not fit.</exception>
    /// <exception cref="NotSupportedException">The adapter asks for something that is not supported, such as DoRA; the message names it.</exception>
    /// <exception cref="InvalidOperationException">The model has an adapter already.</exception>
    public CausalLanguageModel WithAdapter(string folder) => WithAdapter(new FolderSource(folder));

    /// <summary>As <see cref="WithAdapter(string)"/>, from wherever the files lie.</summary>
    /// <param name="source">The files.</param>
    public CausalLanguageModel WithAdapter(ICheckpointSource source)
    {
        RequireNoAdapter();
        return WithShared(weights => LoraAdapter.Load(weights, source));
    }

    /// <summary>This model without its adapter (PEFT's unload). The two share their weights.</summary>
    public CausalLanguageModel WithoutAdapter()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return WithShared(_ => null);
    }

    /// <summary>A model with weights of its own, W + s·B·A, and no adapter (PEFT's merge_and_unload). It computes the same up to rounding; bfloat16 weights are
    /// too coarse for small updates: merge in float32.</summary>
    /// <exception cref="InvalidOperationException">The model has no adapter.</exception>
    public CausalLanguageModel MergeAdapter()
    {
        LoraAdapter adapter = RequireAdapter();
        return WithCopy(
            type: null,
            weights =>
            {
                adapter.MergeInto(weights);
                return null;
            },
            baseFolder: null);
    }

    /// <summary>Writes the adapter alone, as PEFT's save_pretrained does: adapter_config.json and adapter_model.safetensors. They are written aside and moved
    /// into place; other files in the folder stay.</summary>
    /// <param name="folder">The folder; made if there is none.</param>
    /// <exception cref="InvalidOperationException">The model has no adapter.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written; an older adapter in the folder is untouched.</exception>
    public void SaveAdapter(string folder)
    {
        LoraAdapter adapter = RequireAdapter();
        using FolderTarget target = FolderTarget.ForAdapter(folder);
        AdapterFiles.Save(target, adapter, adapter.BaseModel);
        target.Commit();
    }

    /// <summary>Writes the same files to wherever they are wanted.</summary>
    /// <param name="target">Takes the files.</param>
    /// <exception cref="InvalidOperationException">The model has no adapter.</exception>
    public void SaveAdapter(ICheckpointTarget target)
    {
        LoraAdapter adapter = RequireAdapter();
        AdapterFiles.Save(target, adapter, adapter.BaseModel);
    }

    /// <summary>A copy of the adapter on the same weights, with other options of the same form if wanted.</summary>
    internal CausalLanguageModel CloneAdapter(LoraOptions? options = null)
    {
        LoraAdapter adapter = RequireAdapter();
        return WithShared(weights => adapter.Clone(weights, options));
    }

    private CausalLanguageModel WithShared(Func<WeightStorage, LoraAdapter?> adapter) => With(Decoder.Weights.Share(), adapter, _baseFolder);

    private LoraAdapter RequireAdapter()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Decoder.Adapter ?? throw new InvalidOperationException($"The model has no adapter; {nameof(WithAdapter)} adds one.");
    }

    private void RequireNoAdapter()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Adapter is not null)
            throw new InvalidOperationException(
                $"The model has an adapter already; {nameof(MergeAdapter)} makes it part of the weights, {nameof(WithoutAdapter)} leaves it out.");
    }
}
