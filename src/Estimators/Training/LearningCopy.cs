using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>What a trainer trains of a model: a copy of all its weights, or an adapter of its own on the model's weights; and, where computing is to be in
/// bfloat16, a rounded copy of that which computes.</summary>
internal sealed class LearningCopy
{
    private LearningCopy(CausalLanguageModel master, bool rounded)
    {
        (Master, Model) = (master, rounded ? master.CloneAs(ScalarType.BFloat16) : master);
        (Trainable, Differentiated) = (Named(Master), [.. Named(Model).Select(parameter => parameter.Tensor)]);
        foreach (Tensor parameter in Differentiated) parameter.requires_grad = true;
    }

    /// <summary>The model that holds what is updated; the one that computes unless that is in bfloat16.</summary>
    public CausalLanguageModel Master { get; }

    /// <summary>The model that computes.</summary>
    public CausalLanguageModel Model { get; }

    /// <summary>The tensors to update, each once under the name of its first parameter.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Trainable { get; }

    /// <summary>The tensors of <see cref="Model"/> that carry a gradient, in the order of <see cref="Trainable"/>.</summary>
    public Tensor[] Differentiated { get; }

    /// <param name="model">The start; it stays as it is.</param>
    /// <param name="options">Which adapter to train, and in which type to compute.</param>
    /// <exception cref="NotSupportedException">The weights are to be trained and not float32.</exception>
    /// <exception cref="ArgumentException">The adapter that is asked for names modules that the model does not have, or the model has an adapter of another
    /// form.</exception>
    public static LearningCopy Of(CausalLanguageModel model, TrainingOptions options)
    {
        ScalarType type = model.Decoder.Weights.Embedding.dtype;
        if (model.Decoder.Adapter is null && options.Lora is null && type != ScalarType.Float32)
            throw new NotSupportedException(
                $"The model's weights are {type}; trainers update float32 weights: load the model with DataType = ScalarType.Float32 (Bf16 computes in bfloat16 all the same), or train an adapter (Lora).");
        CausalLanguageModel master = CopyOf(model, options.Lora);
        try
        {
            return new LearningCopy(master, options.Bf16 && type != ScalarType.BFloat16);
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>Lets <see cref="Model"/> compute with what <see cref="Trainable"/> holds now.</summary>
    public void Changed()
    {
        if (Master.Decoder.Adapter is not { } adapter)
        {
            if (Model != Master) Model.Decoder.Weights.CopyFrom(Master.Decoder.Weights);
        }
        else if (Model == Master)
        {
            adapter.Changed();
        }
        else
        {
            Model.Decoder.Adapter!.CopyFrom(adapter);
        }
    }

    /// <summary>The trained model, which takes no gradients any more and belongs to the caller.</summary>
    public CausalLanguageModel Finish()
    {
        foreach (Tensor parameter in Differentiated) parameter.requires_grad = false;
        if (Model.Decoder.Adapter is { } adapter) adapter.Dropout = null;
        if (Model != Master) Model.Dispose();
        Master.Decoder.Adapter?.Changed();
        return Master;
    }

    private static CausalLanguageModel CopyOf(CausalLanguageModel model, LoraOptions? lora)
    {
        if (model.Decoder.Adapter is not { } adapter) return lora is null ? model.CloneToChange() : model.WithAdapter(lora);
        return lora is null || adapter.Fits(lora)
            ? model.CloneAdapter(lora)
            : throw new ArgumentException(
                $"Lora asks for an adapter of {Describe(lora)}, but the model has one of {Describe(adapter.Options)}. Set Lora to null to train that one, or merge it first: MergeAdapter().");
    }

    private static (string Name, Tensor Tensor)[] Named(CausalLanguageModel model)
    {
        (IReadOnlyList<Tensor> storage, IReadOnlyDictionary<string, ParameterSlice> slices) = model.Decoder.Adapter is { } adapter
            ? (adapter.Storage, adapter.Slices)
            : (model.Decoder.Weights.Storage, model.Decoder.Weights.Slices);
        return [.. slices.GroupBy(slice => slice.Value.Storage).OrderBy(group => group.Key).Select(group => (group.First().Key, storage[group.Key]))];
    }

    private static string Describe(LoraOptions options) =>
        FormattableString.Invariant(
            $"rank {options.Rank}, alpha {options.Alpha}{(options.UseRslora ? " with rslora" : "")} on {string.Join(", ", options.TargetModules)}");
}
