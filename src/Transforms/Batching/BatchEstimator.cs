using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>An estimator of a <see cref="BatchTransformer"/>: checks the input's schema before any work is done and promises the transformer's
/// columns.</summary>
/// <typeparam name="TTransformer">What <see cref="Fit"/> returns.</typeparam>
public abstract class BatchEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : BatchTransformer
{
    private protected BatchEstimator(IHostEnvironment environment, string name) => Host = environment.Register(name);

    internal IHost Host { get; }

    /// <summary>The columns that are read.</summary>
    internal abstract IReadOnlyList<InputColumn> Inputs { get; }

    /// <summary>The columns that are appended.</summary>
    internal abstract IEnumerable<DataViewSchema.DetachedColumn> Outputs { get; }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">The data to fit on.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type; the message names it.</exception>
    public TTransformer Fit(IDataView input)
    {
        foreach (InputColumn column in Inputs) column.Find(Host, input.Schema);
        CheckShape(MLNetInternals.CreateShape(input.Schema));
        return FitCore(input);
    }

    /// <summary>What <see cref="Fit"/> would do to data of this shape.</summary>
    /// <param name="inputSchema">What is known of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type; the message names it.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        CheckShape(inputSchema);
        var builder = new DataViewSchema.Builder();
        foreach (DataViewSchema.DetachedColumn output in Outputs) builder.AddColumn(output.Name, output.Type, output.Annotations);
        SchemaShape outputs = MLNetInternals.CreateShape(builder.ToSchema());
        return new SchemaShape([.. inputSchema.Where(column => outputs.All(output => output.Name != column.Name)), .. outputs]);
    }

    /// <summary>Makes the transformer; the schema is checked.</summary>
    internal abstract TTransformer FitCore(IDataView input);

    /// <summary>Checks what is known of the data.</summary>
    internal virtual void CheckShape(SchemaShape shape)
    {
        foreach (InputColumn column in Inputs) column.Find(Host, shape);
    }
}
