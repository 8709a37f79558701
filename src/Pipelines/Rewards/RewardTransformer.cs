using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Appends one number to every row, computed from that row alone: a Single, NaN where there is no value.</summary>
public abstract class RewardTransformer : BatchTransformer
{
    private protected RewardTransformer(IHostEnvironment environment, string name)
        : base(environment, name)
    {
    }

    /// <summary>The columns that are read.</summary>
    internal abstract IReadOnlyList<InputColumn> Inputs { get; }

    /// <summary>The name of the column that is written.</summary>
    internal abstract string OutputColumnName { get; }

    internal OutputColumn<float> Output => OutputOf(OutputColumnName);

    internal static OutputColumn<float> OutputOf(string name) => OutputColumn.Scalar<float, float>(name, NumberDataViewType.Single, reward => reward);

    /// <summary>Prepares a cursor's rows; the function it returns computes the current row's number.</summary>
    internal abstract Func<float> Open(DataViewRow row, DataViewSchema.Column[] inputs);

    internal sealed override BatchMapper Bind(DataViewSchema schema)
    {
        DataViewSchema.Column[] inputs = [.. Inputs.Select(input => input.Find(Host, schema))];
        return new BatchMapper<float, float>(Host, schema, inputs, row => Open(row, inputs), rewards => rewards, [Output]);
    }
}
