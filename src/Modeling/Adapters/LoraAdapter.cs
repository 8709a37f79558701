using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The adapter of a model: the low-rank updates of its matrices, under the names that PEFT gives them.</summary>
internal sealed class LoraAdapter : IDisposable
{
    private const string Prefix = "base_model.model.";

    private readonly WeightStorage _weights;
    private readonly Dictionary<Tensor, int> _places = new(ReferenceEqualityComparer.Instance);
    private readonly List<LinearAdapter> _matrices = [];
    private readonly Dictionary<string, Tensor> _parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ParameterSlice> _slices = new(StringComparer.Ordinal);

    /// <param name="weights">The weights that it belongs to.</param>
    /// <param name="options">Rank, scale and targets.</param>
    /// <param name="baseModel">Where the base model lies.</param>
    /// <param name="all">Whether each target must be a module of the model; see <see cref="LoraTargets.Find"/>.</param>
    /// <exception cref="ArgumentException">Options are out of range, or name modules that the model does not have.</exception>
    private LoraAdapter(WeightStorage weights, LoraOptions options, BaseModelReference baseModel, bool all = false)
    {
        options.Validate();
        (_weights, Options, BaseModel) = (weights, options, baseModel);
        HashSet<string> targets = LoraTargets.Find(weights, options.TargetModules, all);
        try
        {
            foreach (var matrix in LoraTargets.All(weights).Where(module => targets.Contains(module.Path)).GroupBy(module => module.Slice.Storage))
                Allocate(weights.Storage[matrix.Key], [.. matrix]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>As the adapter was asked for.</summary>
    public LoraOptions Options { get; }

    /// <summary>Where the base model lies.</summary>
    public BaseModelReference BaseModel { get; }

    /// <summary>The targets as they are written: "all-linear" is spelled out.</summary>
    public IEnumerable<string> TargetNames => Options.TargetModules
        .SelectMany(name => LoraOptions.AllLinear.Contains(name)
            ? LoraTargets.LastNames(LoraTargets.All(_weights).Select(module => module.Path))
            : [name])
        .Distinct(StringComparer.Ordinal);

    /// <summary>PEFT's name → A or B of one module; views, not copies.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _parameters;

    /// <summary>PEFT's name → where in <see cref="Storage"/> it lies.</summary>
    public IReadOnlyDictionary<string, ParameterSlice> Slices => _slices;

    /// <summary>The tensors that hold everything, each once: what an optimizer updates.</summary>
    public IReadOnlyList<Tensor> Storage => [.. _matrices.SelectMany(matrix => (Tensor[])[matrix.A, matrix.B])];

    /// <summary>What training leaves out of the inputs; null (default) = nothing.</summary>
    public AdapterDropout? Dropout { get; set; }

    /// <summary>A new adapter, initialised as PEFT does: A uniform in ±1/√in (Kaiming's with a = √5), B zero, so that it changes nothing yet.</summary>
    public static LoraAdapter Create(WeightStorage weights, LoraOptions options, BaseModelReference baseModel) =>
        Filled(new LoraAdapter(weights, options, baseModel, all: true), adapter =>
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            foreach (LinearAdapter matrix in adapter._matrices) matrix.B.zero_();
            int module = 0;
            // By the place among all modules, so that a module's numbers do not depend on the other targets.
            foreach ((string path, _) in LoraTargets.All(weights))
            {
                using var generator = new Generator(RandomUniform.Stream(options.Seed, module++, 0), CPU);
                if (adapter._parameters.TryGetValue(NameOfA(path), out Tensor? a))
                    a.copy_(rand(a.shape, generator: generator).Times(2).Minus(1).Over(Math.Sqrt(a.size(1))));
            }
        });

    /// <summary>One whose values are read from PEFT's files.</summary>
    /// <param name="weights">The weights that it will belong to.</param>
    /// <param name="source">The files.</param>
    /// <param name="baseFolder">Where the base model was read from, if that is known better than by adapter_config.json; null = what that says.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the adapter belongs to another model.</exception>
    /// <exception cref="NotSupportedException">The adapter asks for something that is not supported; the message names it.</exception>
    public static LoraAdapter Load(WeightStorage weights, ICheckpointSource source, string? baseFolder = null)
    {
        (LoraOptions options, BaseModelReference baseModel) = LoraConfigFile.Read(source);
        if (baseFolder is not null) baseModel = new BaseModelReference(baseFolder);
        LoraAdapter adapter;
        try
        {
            adapter = new LoraAdapter(weights, options, baseModel);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"{source.Location}: the adapter does not fit the model: {exception.Message}", exception);
        }
        return Filled(adapter, filled => AdapterFiles.Fill(source, filled._parameters));
    }

    /// <summary>A copy for other weights of the same configuration, or the same ones.</summary>
    /// <param name="weights">The weights that it will belong to.</param>
    /// <param name="options">Other options of the same rank, scale and targets; null = the same.</param>
    public LoraAdapter Clone(WeightStorage weights, LoraOptions? options = null) =>
        Filled(new LoraAdapter(weights, options ?? Options, BaseModel), copy => copy.CopyFrom(this));

    /// <summary>Takes over all values of an adapter of the same form.</summary>
    public void CopyFrom(LoraAdapter other)
    {
        using var noGradient = no_grad();
        foreach ((Tensor target, Tensor source) in Storage.Zip(other.Storage)) target.copy_(source);
        Changed();
    }

    /// <summary>Whether other options ask for an adapter of this form; dropout and seed are no part of it.</summary>
    public bool Fits(LoraOptions options) => options.Rank == Options.Rank && options.Scale == Options.Scale &&
        LoraTargets.Find(_weights, options.TargetModules, all: true).SetEquals(LoraTargets.Find(_weights, Options.TargetModules, all: false));

    /// <summary>The layers with the adapter on.</summary>
    public DecoderLayer[] Attach(DecoderLayer[] layers) => [.. layers.Select(layer => layer with
    {
        QueryKeyValue = Attach(layer.QueryKeyValue),
        AttentionOutput = Attach(layer.AttentionOutput),
        GateUp = Attach(layer.GateUp),
        Down = Attach(layer.Down),
    })];

    /// <summary>Changes other weights of the same configuration into those of base and adapter together.</summary>
    public void MergeInto(WeightStorage target)
    {
        using var noGradient = no_grad();
        for (int i = 0; i < target.Storage.Count; i++)
        {
            if (!_places.TryGetValue(_weights.Storage[i], out int place)) continue;
            using Tensor merged = _matrices[place].Merge(_weights.Storage[i]);
            target.Storage[i].copy_(merged);
        }
    }

    /// <summary>Tells that parameters have new values.</summary>
    public void Changed()
    {
        foreach (LinearAdapter matrix in _matrices) matrix.Changed();
    }

    public void Dispose()
    {
        foreach (Tensor view in _parameters.Values) view.Dispose();
        foreach (LinearAdapter matrix in _matrices) matrix.Dispose();
    }

    /// <summary>A new adapter with its values; where they fail, it goes.</summary>
    private static LoraAdapter Filled(LoraAdapter adapter, Action<LoraAdapter> fill)
    {
        try
        {
            fill(adapter);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    private Linear Attach(Linear linear) => _places.TryGetValue(linear.Weight, out int place)
        ? linear with { Adapter = _matrices[place], AdapterDropout = input => Dropout is { } dropout ? dropout.Apply(input, place) : input }
        : linear;

    private static string NameOfA(string path) => $"{Prefix}{path}.lora_A.weight";

    private void Allocate(Tensor weight, (string Path, ParameterSlice Slice)[] modules)
    {
        var matrix = new LinearAdapter(weight, [.. modules.Select(module => module.Slice)], Options);
        _places.Add(weight, _matrices.Count);
        int storage = 2 * _matrices.Count, row = 0;
        _matrices.Add(matrix);
        for (int i = 0; i < modules.Length; i++)
        {
            (string path, ParameterSlice slice) = modules[i];
            Add(NameOfA(path), matrix.A, new ParameterSlice(storage, i * Options.Rank, Options.Rank));
            Add($"{Prefix}{path}.lora_B.weight", matrix.B, new ParameterSlice(storage + 1, row, slice.Rows));
            row += slice.Rows;
        }

        void Add(string name, Tensor tensor, ParameterSlice part)
        {
            _parameters.Add(name, tensor.narrow(0, part.FirstRow, part.Rows).DetachFromDisposeScope());
            _slices.Add(name, part);
        }
    }
}
