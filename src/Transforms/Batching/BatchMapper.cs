using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>What a transformer does to rows, bound to one input schema: the columns it reads and appends, and the kernel that computes them.</summary>
internal abstract class BatchMapper
{
    private readonly HashSet<int> _inputs;

    /// <param name="inputSchema">The schema of the rows that come in.</param>
    /// <param name="inputs">The columns of it that are read.</param>
    /// <param name="outputs">The columns that are appended.</param>
    protected BatchMapper(DataViewSchema inputSchema, IEnumerable<DataViewSchema.Column> inputs, IEnumerable<DataViewSchema.DetachedColumn> outputs)
    {
        InputSchema = inputSchema;
        _inputs = [.. inputs.Select(column => column.Index)];
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        foreach (DataViewSchema.DetachedColumn output in outputs) builder.AddColumn(output.Name, output.Type, output.Annotations);
        OutputSchema = builder.ToSchema();
    }

    /// <summary>The schema of the rows that come in.</summary>
    public DataViewSchema InputSchema { get; }

    /// <summary>That schema, its columns keeping their indices, followed by the outputs. An output hides an input of the same name.</summary>
    public DataViewSchema OutputSchema { get; }

    /// <summary>A kernel for one cursor.</summary>
    /// <param name="input">The cursor's input.</param>
    /// <param name="capacity">The most slots it will fill.</param>
    public abstract BatchKernel CreateKernel(DataViewRow input, int capacity);

    /// <summary>Marks the columns, by index, that a consumer asked for.</summary>
    public bool[] Activate(IEnumerable<DataViewSchema.Column> columns)
    {
        bool[] active = new bool[OutputSchema.Count];
        foreach (DataViewSchema.Column column in columns) active[column.Index] = true;
        return active;
    }

    /// <summary>Whether anything was asked for that has to be computed.</summary>
    public bool AnyOutputActive(bool[] active) => active.AsSpan(InputSchema.Count).Contains(true);

    /// <summary>The input columns that are needed for what was asked for.</summary>
    public DataViewSchema.Column[] GetDependencies(bool[] active)
    {
        bool computes = AnyOutputActive(active);
        return [.. InputSchema.Where(column => active[column.Index] || (computes && _inputs.Contains(column.Index)))];
    }
}

/// <summary>A mapper made of three functions: read a row, map a batch, write the results into columns.</summary>
/// <typeparam name="TRow">What is read of a row.</typeparam>
/// <typeparam name="TResult">What is computed for a row.</typeparam>
/// <param name="host">Marks errors as ML.NET does.</param>
/// <param name="inputSchema">The schema of the rows that come in.</param>
/// <param name="inputs">The columns of it that are read.</param>
/// <param name="open">Prepares reading a cursor's rows; the function it returns reads the current row.</param>
/// <param name="map">Computes a batch: as many results as rows, in their order.</param>
/// <param name="outputs">The columns that are appended.</param>
internal sealed class BatchMapper<TRow, TResult>(
    IHost host, DataViewSchema inputSchema, IReadOnlyList<DataViewSchema.Column> inputs, Func<DataViewRow, Func<TRow>> open,
    Func<IReadOnlyList<TRow>, IReadOnlyList<TResult>> map, IReadOnlyList<OutputColumn<TResult>> outputs)
    : BatchMapper(inputSchema, inputs, outputs.Select(output => output.Column))
{
    /// <inheritdoc/>
    public override BatchKernel CreateKernel(DataViewRow input, int capacity) => new Kernel(this, open(input), capacity);

    private T Marked<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception exception)
        {
            host.Process(exception);
            throw;
        }
    }

    private sealed class Kernel(BatchMapper<TRow, TResult> mapper, Func<TRow> read, int capacity) : BatchKernel
    {
        private readonly TRow[] _rows = new TRow[capacity];
        private IReadOnlyList<TResult> _results = [];

        public override void Read(int slot) => _rows[slot] = mapper.Marked(read);

        public override void Run(int count) => _results = mapper.Marked(() => mapper.Map(new ArraySegment<TRow>(_rows, 0, count)));

        public override Delegate CreateGetter(int output, Func<int> currentSlot) => mapper.CreateGetter(output, () =>
        {
            int slot = currentSlot(); // may run the batch: before the results are looked at
            return _results[slot];
        });
    }

    private IReadOnlyList<TResult> Map(IReadOnlyList<TRow> rows) => map(rows);

    private Delegate CreateGetter(int output, Func<TResult> current) => outputs[output].CreateGetter(current);
}
