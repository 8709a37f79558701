using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms.Tests;

/// <summary>Stands for a model: maps a text to its length and the sum of its letters, and notes the batches that it was run on.</summary>
internal sealed class LetterCounter : BatchTransformer
{
    private readonly State _state;
    private readonly List<int> _batches = [];

    public LetterCounter(IHostEnvironment environment, State? state = null, CancellationToken cancellationToken = default)
        : base(environment, nameof(LetterCounter), cancellationToken) => _state = state ?? new State();

    internal LetterCounter(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<State>())
    {
    }

    /// <summary>The sizes of the batches so far.</summary>
    public IReadOnlyList<int> Batches
    {
        get { lock (_batches) return [.. _batches]; }
    }

    public int RowsComputed => Batches.Sum();

    internal override BatchPolicy Batching => new(_state.BatchSize, _state.Ramp);

    public static OutputColumn<float[]>[] Outputs(State state) => [OutputColumn.Vector(state.Output, NumberDataViewType.Single, (float[] letters) => letters)];

    internal override BatchMapper Bind(DataViewSchema schema)
    {
        DataViewSchema.Column text = InputColumn.Scalar(_state.Input, TextDataViewType.Instance).Find(Host, schema);
        return new BatchMapper<string, float[]>(Host, schema, [text], row => row.Text(text), Map, Outputs(_state));
    }

    internal override void Save(ComponentWriter writer) => writer.WriteState(_state);

    private IReadOnlyList<float[]> Map(IReadOnlyList<string> texts)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (texts.Contains(_state.Refused)) throw new ArgumentException($"The text '{_state.Refused}' is refused.");
        lock (_batches) _batches.Add(texts.Count);
        return [.. texts.Select(text => new[] { text.Length, text.Aggregate(0f, (sum, letter) => sum + letter) })];
    }

    /// <summary>What is saved.</summary>
    public sealed record State(string Input = "Text", string Output = "Letters", int BatchSize = 16, bool Ramp = true, string Refused = "(none)");
}

/// <summary>The estimator of <see cref="LetterCounter"/>.</summary>
internal sealed class LetterCounterEstimator(IHostEnvironment environment, LetterCounter.State? state = null)
    : BatchEstimator<LetterCounter>(environment, nameof(LetterCounterEstimator))
{
    private readonly LetterCounter.State _state = state ?? new LetterCounter.State();

    /// <summary>How often <see cref="BatchEstimator{TTransformer}.Fit"/> did work.</summary>
    public int Fits { get; private set; }

    internal override IReadOnlyList<InputColumn> Inputs => [InputColumn.Scalar(_state.Input, TextDataViewType.Instance)];

    internal override IEnumerable<DataViewSchema.DetachedColumn> Outputs => LetterCounter.Outputs(_state).Select(output => output.Column);

    internal override LetterCounter FitCore(IDataView input)
    {
        Fits++;
        return new LetterCounter(Host, _state);
    }
}
