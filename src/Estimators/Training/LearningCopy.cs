using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>What a trainer trains of a model: a copy of all its weights, or an adapter of its own on the model's weights.</summary>
internal static class LearningCopy
{
    /// <summary>The copy.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="lora">The adapter to train; null = the model's own, or all weights where it has none.</param>
    public static CausalLanguageModel Of(CausalLanguageModel model, LoraOptions? lora)
    {
        if (model.Decoder.Adapter is { } adapter)
        {
            if (lora is not null && !adapter.Fits(lora))
                throw new ArgumentException($"Lora asks for an adapter of {Describe(lora)}, but the model has one of {Describe(adapter.Options)}. Set Lora to null to train that one, or merge it first: MergeAdapter().");
            return model.CloneAdapter(lora);
        }
        if (lora is not null) return model.WithAdapter(lora);
        ScalarType type = model.Decoder.Weights.Embedding.dtype;
        return type == ScalarType.Float32 ? model.Clone()
            : throw new NotSupportedException($"The model's weights are {type}; trainers update float32 weights: load the model with DataType = ScalarType.Float32, or train an adapter (Lora).");
    }

    /// <summary>The tensors to train, each once under the name of its first parameter.</summary>
    public static IReadOnlyList<(string Name, Tensor Tensor)> Trainable(CausalLanguageModel model)
    {
        (IReadOnlyList<Tensor> storage, IReadOnlyDictionary<string, ParameterSlice> slices) = model.Decoder.Adapter is { } adapter
            ? (adapter.Storage, adapter.Slices)
            : (model.Decoder.Weights.Storage, model.Decoder.Weights.Slices);
        return [.. slices.GroupBy(slice => slice.Value.Storage).OrderBy(group => group.Key).Select(group => (group.First().Key, storage[group.Key]))];
    }

    private static string Describe(LoraOptions options) =>
        FormattableString.Invariant($"rank {options.Rank}, alpha {options.Alpha}{(options.UseRslora ? " with rslora" : "")} on {string.Join(", ", options.TargetModules)}");
}
