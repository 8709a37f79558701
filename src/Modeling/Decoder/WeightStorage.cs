using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The weights of a decoder: as few tensors as the arithmetic wants (<see cref="Storage"/>), under the names that Hugging Face gives them
/// (<see cref="Parameters"/>).</summary>
/// <remarks>A storage tensor that holds several parameters (query, key, value; gate, up) is what an optimizer updates; its parameters are views of
/// it.</remarks>
internal sealed class WeightStorage : IDisposable
{
    private readonly List<Tensor> _storage = [];
    private readonly Dictionary<string, Tensor> _parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ParameterSlice> _slices = new(StringComparer.Ordinal);
    private readonly ScalarType _dataType;
    private readonly Device _device;
    private int _holders = 1;

    /// <summary>Allocates the weights that <paramref name="config"/> asks for, uninitialised.</summary>
    public WeightStorage(DecoderConfig config, ScalarType dataType, Device device)
    {
        _dataType = dataType;
        _device = device;
        int hidden = config.HiddenSize, queries = config.HeadCount * config.HeadDimension, keys = config.KeyValueHeadCount * config.HeadDimension;

        // Not inside a caller's dispose scope: these tensors live as long as this object.
        Embedding = Allocate("model.embed_tokens.weight", config.VocabularySize, hidden);
        Layers = new DecoderLayer[config.LayerCount];
        for (int i = 0; i < Layers.Length; i++)
        {
            string layer = $"model.layers.{i}.", attention = layer + "self_attn.", mlp = layer + "mlp.";
            Layers[i] = new DecoderLayer
            {
                InputNorm = Allocate(layer + "input_layernorm.weight", hidden),
                QueryKeyValue = AllocateLinear(
                    hidden, config.AttentionBias, (attention + "q_proj", queries), (attention + "k_proj", keys), (attention + "v_proj", keys)),
                QueryNorm = config.QueryKeyNorm ? Allocate(attention + "q_norm.weight", config.HeadDimension) : null,
                KeyNorm = config.QueryKeyNorm ? Allocate(attention + "k_norm.weight", config.HeadDimension) : null,
                AttentionOutput = AllocateLinear(queries, config.AttentionOutputBias, (attention + "o_proj", hidden)),
                PostAttentionNorm = Allocate(layer + "post_attention_layernorm.weight", hidden),
                GateUp = AllocateLinear(hidden, config.MlpBias, (mlp + "gate_proj", config.IntermediateSize), (mlp + "up_proj", config.IntermediateSize)),
                Down = AllocateLinear(config.IntermediateSize, config.MlpBias, (mlp + "down_proj", hidden)),
                SlidingWindow = config.WindowOf(i),
            };
        }
        FinalNorm = Allocate("model.norm.weight", hidden);
        Head = config.TieWordEmbeddings ? Embedding : Allocate("lm_head.weight", config.VocabularySize, hidden);
    }

    /// <summary>[vocabulary, hidden].</summary>
    public Tensor Embedding { get; }

    /// <summary>The layers, first to last.</summary>
    public DecoderLayer[] Layers { get; }

    /// <summary>[hidden].</summary>
    public Tensor FinalNorm { get; }

    /// <summary>[vocabulary, hidden]; the embedding itself where the two are tied.</summary>
    public Tensor Head { get; }

    /// <summary>The tensors that hold everything, each once: what an optimizer updates.</summary>
    public IReadOnlyList<Tensor> Storage => _storage;

    /// <summary>Name in a Hugging Face checkpoint → the tensor or view that holds it. A tied head is not listed.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _parameters;

    /// <summary>Name in a Hugging Face checkpoint → where in <see cref="Storage"/> it lies.</summary>
    public IReadOnlyDictionary<string, ParameterSlice> Slices => _slices;

    /// <summary>Copies all values from weights of the same configuration.</summary>
    public void CopyFrom(WeightStorage other)
    {
        using var noGradient = no_grad();
        for (int i = 0; i < _storage.Count; i++)
            _storage[i].copy_(other._storage[i]);
    }

    /// <summary>These very weights for another holder too: they are freed when the last one disposes them.</summary>
    public WeightStorage Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        foreach (Tensor view in _parameters.Values) view.Dispose();
        foreach (Tensor tensor in _storage) tensor.Dispose();
    }

    private Linear AllocateLinear(int inputs, bool bias, params ReadOnlySpan<(string Name, int Outputs)> parts)
    {
        Tensor weight = Allocate(parts, ".weight", inputs);
        return new Linear(weight, bias ? Allocate(parts, ".bias", null) : null);
    }

    private Tensor Allocate(string name, params long[] shape)
    {
        Tensor tensor = empty(shape, _dataType, _device).DetachFromDisposeScope();
        _storage.Add(tensor);
        _parameters.Add(name, tensor.view(shape).DetachFromDisposeScope());
        _slices.Add(name, new ParameterSlice(_storage.Count - 1, 0, (int)shape[0]));
        return tensor;
    }

    private Tensor Allocate(ReadOnlySpan<(string Name, int Outputs)> parts, string suffix, int? inputs)
    {
        int outputs = 0;
        foreach (var part in parts) outputs += part.Outputs;
        Tensor tensor = empty(inputs is { } columns ? [outputs, columns] : [outputs], _dataType, _device).DetachFromDisposeScope();
        _storage.Add(tensor);
        int row = 0;
        foreach (var (name, rows) in parts)
        {
            _parameters.Add(name + suffix, tensor.narrow(0, row, rows).DetachFromDisposeScope());
            _slices.Add(name + suffix, new ParameterSlice(_storage.Count - 1, row, rows));
            row += rows;
        }
        return tensor;
    }
}

/// <summary>Rows of a storage tensor that are one parameter.</summary>
internal readonly record struct ParameterSlice(int Storage, int FirstRow, int Rows);
