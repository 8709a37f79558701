using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>A transformer that computes its columns for several rows at once, saves itself into a model zip, and works in a
/// <see cref="PredictionEngine{TSrc, TDst}"/>.</summary>
/// <remarks>
/// Its view is lazy: rows are computed when an output column is read, in batches that grow from one row, and again at every pass over the view. Where several
/// passes are made (training, for one), put <c>AppendCacheCheckpoint</c> behind it. It may be used by several threads at once.
/// <para>A component derives from this, gives <see cref="Bind"/> and <see cref="Save"/>, and a constructor (IHostEnvironment, ComponentReader).</para>
/// </remarks>
public abstract class BatchTransformer : IComponent, IDisposable
{
    private protected BatchTransformer(IHostEnvironment environment, string name, CancellationToken cancellationToken = default) =>
        (Host, CancellationToken) = (environment.Register(name), cancellationToken);

    bool ITransformer.IsRowToRowMapper => Repetition is null;

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed { get; private set; }

    internal IHost Host { get; }

    internal CancellationToken CancellationToken { get; }

    /// <summary>How rows multiply; null where each gives one.</summary>
    internal virtual Repetition? Repetition => null;

    /// <summary>How many rows are computed at once. One unless a component says otherwise.</summary>
    internal virtual BatchPolicy Batching => new(1);

    /// <summary>The input's columns, followed by those that this transformer appends.</summary>
    /// <param name="inputSchema">The schema of the input.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type; the message names it.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(Repetition?.Extend(inputSchema) ?? inputSchema).OutputSchema;

    /// <summary>A lazy view of the input with this transformer's columns appended.</summary>
    /// <param name="input">The rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type; the message names it.</exception>
    public IDataView Transform(IDataView input)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        IDataView rows = Repetition is { } repetition ? new RepeatedDataView(Host, input, repetition) : input;
        return new BatchDataView(Host, rows, Bind(rows.Schema), Batching, () => MLNetInternals.ThrowIfCanceled(Host, CancellationToken));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Repetition is { } repetition)
            throw Host.Process(new InvalidOperationException(
                $"This transformer makes {repetition.Count} rows of one, which a PredictionEngine cannot: ask for one, or use Transform."));
        return new BatchRowMapper(Host, Bind(inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        MLNetInternals.Save(ctx, this);
    }

    void IComponent.Save(ComponentWriter writer) => Save(writer);

    /// <summary>Frees what the transformer holds. Nothing leaks without it: finalizers free tensors later.</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Checks the input's schema and says what is done to its rows.</summary>
    internal abstract BatchMapper Bind(DataViewSchema schema);

    /// <summary>Writes what the loading constructor needs.</summary>
    internal abstract void Save(ComponentWriter writer);

    /// <summary>Frees what the transformer holds; called once.</summary>
    internal virtual void Release()
    {
    }
}
